import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { p8 } from '../support/test-app.js'
import { configure, good, problemsOf } from './environment.js'

const folder = mkdtempSync(join(tmpdir(), 'express-apple-auth-'))
const file = join(folder, 'AuthKey_KEY1234567.p8')

function write(content: string, mode = 0o600): void {
  writeFileSync(file, content)
  chmodSync(file, mode)
}

// Tests get a copy of `process` from Jest: what is emitted reaches the real one's listeners alone.
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

beforeEach(() => {
  write(p8)
})
afterEach(() => {
  emitWarning.mockClear()
})
afterAll(() => {
  emitWarning.mockRestore()
  rmSync(folder, { recursive: true })
})

const withFile = (path: unknown): Record<string, unknown> => ({ privateKey: undefined, privateKeyFile: path })

describe('appleAuth({ privateKeyFile }) (catalogue row 111)', () => {
  it('reads the .p8 from the path in the option', () => {
    expect(() => configure({ ...good, ...withFile(file) })).not.toThrow()
  })

  it('reads the .p8 from the path in the variable', () => {
    expect(() => configure({ ...good, ...withFile(undefined) }, { APPLE_PRIVATE_KEY_FILE: file })).not.toThrow()
  })

  it.each([
    ['with CRLF', p8.replaceAll('\n', '\r\n')],
    ['behind a byte order mark', `\uFEFF${p8}`],
    ['without a newline at its end', p8.trimEnd()],
  ])('reads a file %s', (_name, content) => {
    write(content)
    expect(() => configure({ ...good, ...withFile(file) })).not.toThrow()
  })

  it.each([
    ['a file that is not there', join(folder, 'nowhere.p8'), /ENOENT.*check the path/],
    ['a folder', folder, /EISDIR.*check the path/],
    ['a path below a file', join(file, 'x'), /ENOTDIR.*check the path/],
    ['a path with NUL', `${file}\0`, /cannot be read.*check the path/],
    ['an empty path', '', /cannot be read.*check the path/],
    ['a key in place of its path', p8, /cannot be read.*check the path/],
  ])('refuses %s', (_name, path, advice) => {
    const [problem, ...more] = problemsOf(withFile(path))
    expect(problem).toMatchObject({ option: 'privateKeyFile', variable: 'APPLE_PRIVATE_KEY_FILE' })
    expect(problem?.message).toMatch(advice)
    expect(more).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['no key', 'hello'],
    ['cut off', p8.slice(0, 100)],
  ])('refuses a file that is %s, under the name of the file option', (_name, content) => {
    write(content)
    const [problem, ...more] = problemsOf(withFile(file))
    expect(problem).toMatchObject({ option: 'privateKeyFile', variable: 'APPLE_PRIVATE_KEY_FILE' })
    expect(problem?.message).toMatch(/whole \.p8/)
    expect(more).toEqual([])
  })

  it.each([0o640, 0o604, 0o644, 0o660])('warns that others can read the file of mode %o', (mode) => {
    write(p8, mode)
    configure({ ...good, ...withFile(file) })
    expect(emitWarning).toHaveBeenCalledTimes(1)
    expect(emitWarning).toHaveBeenCalledWith(expect.stringMatching(/private key file.*chmod 600/), {
      type: 'AppleAuthWarning',
      code: 'APPLE_CONFIG',
    })
  })

  it.each([0o600, 0o400])('says nothing about a file of mode %o', (mode) => {
    write(p8, mode)
    configure({ ...good, ...withFile(file) })
    expect(emitWarning).not.toHaveBeenCalled()
  })

  it('warns about a folder above only through the file itself', () => {
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o755)
    const inside = join(open, 'key.p8')
    writeFileSync(inside, p8, { mode: 0o600 })
    configure({ ...good, ...withFile(inside) })
    expect(emitWarning).not.toHaveBeenCalled()
  })
})
