import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

/** A whole login in a consumer's own process, which then has to end by itself: no timer or socket may hold it. */
const login = readFileSync(resolve('test/package/whole-login.txt'), 'utf8')

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consumer-'))
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string }]
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync('node_modules')) {
    if (!name.startsWith('.')) symlinkSync(resolve('node_modules', name), join(modules, name))
  }
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
  execFileSync('mv', [join(folder, 'package'), join(modules, 'express-apple-auth')])
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function run(file: string, content: string): string {
  writeFileSync(join(folder, file), content)
  const flags = ['--throw-deprecation', '--unhandled-rejections=strict']
  return execFileSync(process.execPath, [...flags, file], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 60_000,
  })
}

describe('the packed package', () => {
  it('serves a whole login as an ES module, without deprecations, and lets the process end', () => {
    const imports = `
      import express from 'express'
      import session from 'express-session'
      import { appleAuth, requireAppleAuth } from 'express-apple-auth'
      import { createAppleSimulator } from 'express-apple-auth/simulator'`
    expect(run('login.mjs', `${imports}\n${login}`)).toBe('signed in and out\n')
  }, 120_000)

  it('serves one by require()', () => {
    const imports = `
      const express = require('express')
      const session = require('express-session')
      const { appleAuth, requireAppleAuth } = require('express-apple-auth')
      const { createAppleSimulator } = require('express-apple-auth/simulator')`
    // Node 20 says on stderr that require() of ES modules is experimental; that warning is no deprecation.
    expect(run('login.cjs', `${imports}\n${login}`)).toBe('signed in and out\n')
  }, 120_000)
})
