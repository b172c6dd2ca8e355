import { describe, expect, it } from '@jest/globals'
import { runCommand } from './run-command.js'

describe('express-apple-auth', () => {
  it('without a command shows on stderr what there is, and ends with 2', async () => {
    const { code, out, err } = await runCommand([])

    expect(err).toMatch(/^Usage: express-apple-auth <command>/)
    expect([code, out]).toEqual([2, ''])
  })

  it.each(['--help', '-h'])('%s shows the same on stdout, and ends with 0', async (option) => {
    const { code, out, err } = await runCommand([option])

    expect(out).toMatch(/doctor .*\n.*client-secret .*\n.*simulator /)
    expect([code, err]).toEqual([0, ''])
  })

  it.each(['doctor', 'client-secret', 'simulator'])('%s --help tells its options and exit codes', async (command) => {
    const { code, out } = await runCommand([command, '--help'])

    expect(out).toMatch(new RegExp(`^Usage: express-apple-auth ${command} \\[options\\]`))
    expect(out).toMatch(/\nExit codes: 0 /)
    expect(code).toBe(0)
  })

  it.each(['--version', '-v'])('%s shows the version', async (option) => {
    expect(await runCommand([option])).toEqual({ code: 0, out: '1.2.3\n', err: '' })
  })

  it.each([
    [['docter'], 'There is no command docter; did you mean doctor?'],
    [['simulate'], 'There is no command simulate; did you mean simulator?'],
    [['constructor'], 'There is no command constructor; '],
    [
      ['something-else-entirely'],
      'There is no command something-else-entirely; there are doctor, client-secret, simulator.',
    ],
    [['something', '--help'], 'There is no command something; '],
    [['--versoin'], 'There is no option --versoin; did you mean --version?'],
    [['--live'], 'There is no option --live; '],
    [['doctor', '--envfile', '.env'], 'There is no option --envfile; did you mean --env-file?'],
    [['doctor', '--toString'], 'There is no option --toString.'],
    [['doctor', '-x'], 'There is no option -x.'],
    [['doctor', '.env'], 'doctor takes options alone; one of the words is not one.'],
    [['doctor', '--live=yes'], 'The option --live takes no value.'],
    [['doctor', '--env-file'], 'The option --env-file needs a value.'],
    [['doctor', '--env-file', '--live'], 'The option --env-file needs a value.'],
    [['doctor', '--env-file='], 'The option --env-file needs a value.'],
    [['doctor', '--service', 'x', '--service', 'y'], 'The option --service can be given once only.'],
    [['doctor', '--service', 'google'], 'The option --service takes account-data-sharing or sign-in-with-apple.'],
    [['doctor', '--service', 'toString'], 'The option --service takes account-data-sharing or sign-in-with-apple.'],
    [
      ['doctor', '--env-prefix', 'apple_'],
      'The option --env-prefix takes the beginning of variable names, such as APPLE_SCHOOL_.',
    ],
    [['doctor', '--env-file', '/nowhere/.env'], 'The file /nowhere/.env of --env-file cannot be read (ENOENT).'],
    [['doctor', '--app-url', 'http://127.0.0.1:3000'], 'The option --app-url needs --live'],
    [['doctor', '--live', '--app-url', 'localhost:3000'], 'The option --app-url takes scheme, host and port alone'],
    [['doctor', '--live', '--app-url', 'http://x/y'], 'The option --app-url takes scheme, host and port alone'],
    [['client-secret', '--env-prefix', 'x'], 'The option --env-prefix takes the beginning of variable names'],
    [['client-secret', '--lifetime', 'long'], 'The option --lifetime takes a number with d, h, m or s'],
    [['client-secret', '--lifetime', '15777000'], 'The option --lifetime takes 181d at most'],
    [['client-secret', '--lifetime', '59s'], 'The option --lifetime takes 60 seconds at least.'],
    [['simulator', '--port', 'http'], 'The option --port takes a whole number from 0 to 65535.'],
    [['simulator', '--port', '70000'], 'The option --port takes a whole number from 0 to 65535.'],
    [['simulator', '--school-size', '-1'], 'The option --school-size needs a value.'],
    [['simulator', '--school-size', 'many'], 'The option --school-size takes a whole number from 0 to 10000000.'],
    [['simulator', '--service', 'google'], 'The option --service takes account-data-sharing or sign-in-with-apple.'],
    [['simulator', '--client-id', 'com example'], 'The clientId must be an App ID or Services ID'],
    [['simulator', '--redirect-uri', 'http://school.example/callback'], 'redirect'],
    [['simulator', '--port', '0', '--host', '0.0.0.0'], 'listens on loopback only'],
  ])('%j is not understood, says why, and ends with 2', async (argv, sentence) => {
    const { code, out, err } = await runCommand(argv)

    expect(err).toContain(sentence)
    expect(err).toMatch(/\nSee express-apple-auth (\S+ )?--help\n$/)
    expect([code, out]).toEqual([2, ''])
  })

  it('repeats no value that it does not understand', async () => {
    const { err } = await runCommand(['doctor', '--service', 'secret-value', '--jsno=secret-value'])

    expect(err).not.toContain('secret-value')
  })
})
