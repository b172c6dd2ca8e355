import type { StartUp } from './start-up.js'

/** Writes start-up and size for a terminal. */
export function startUpLines({ importMs, installedBytes, packageCount, packageNames }: StartUp): string {
  const { median, min, max } = importMs
  return [
    'On top of express and express-session',
    `import     ${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`,
    `installed  ${(installedBytes / 1e6).toFixed(1)} MB`,
    `packages   ${String(packageCount)}: ${packageNames.join(', ')}`,
    '',
  ].join('\n')
}
