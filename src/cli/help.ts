/** What `--help` says, by command; the empty name is the program itself. */
export const help: Readonly<Record<string, string>> = {
  '': `Usage: express-apple-auth <command> [options]

Commands:
  doctor         explains what is wrong with the configuration, and asks Apple with --live
  client-secret  prints a client secret made from the key
  simulator      starts Apple, simulated, for development

Options:
  --help         shows this, or with a command what the command takes
  --version      shows the version

Exit codes: 0 all fine (there may be warnings), 1 problems found or nothing done, 2 not understood
`,
  doctor: `Usage: express-apple-auth doctor [options]

Reads the APPLE_ variables as appleAuth() would, explains every problem with what to do, and shows the client secret without
its signature. Without --live it uses no network.

Options:
  --env-file <file>      reads variables from a file, as node --env-file does; may be given more than once.
                         What the environment sets wins
  --env-prefix <prefix>  what the variables begin with, as in appleAuth({ envPrefix }). Default: APPLE_
  --service <service>    account-data-sharing or sign-in-with-apple, where the app's code says it. Default: the variable
  --live                 asks Apple: fetches its keys, compares clocks, sends a made-up code with the real client secret,
                         opens the sign-in page; and asks the app's own /login once, at the redirect URI's host
  --app-url <url>        with --live: where the app listens; its /login is asked there, as the proxy in front of it would
  --json                 prints one JSON object, with stable check ids

Each check is ok, a warning, a problem, or skipped with the reason. Secrets, tokens, codes and keys are never printed.

Exit codes: 0 no problem (there may be warnings), 1 problems found, 2 not understood
`,
  'client-secret': `Usage: express-apple-auth client-secret [options]

Prints a client secret, a JWT signed with the key of the APPLE_ variables: the secret alone on stdout, when it ends on stderr.
appleAuth() makes its own; this is for other programs.

Options:
  --lifetime <time>      180d, 12h, 30m or seconds; 181d at most. Default: 180d
  --env-file <file>      reads variables from a file; may be given more than once. What the environment sets wins
  --env-prefix <prefix>  what the variables begin with. Default: APPLE_
  --json                 prints one JSON object

Exit codes: 0 printed, 1 there is no good key, 2 not understood
`,
  simulator: `Usage: express-apple-auth simulator [options]

Starts Apple, simulated, on this machine, and prints the APPLE_ variables of an app registered with it in the form of an .env
file. Ctrl-C stops it.

Options:
  --port <number>            0 is any free one. Default: 3001
  --host <host>              127.0.0.1, ::1 or localhost. Default: 127.0.0.1
  --service <service>        account-data-sharing or sign-in-with-apple. Default: account-data-sharing
  --client-id <id>           Default: com.example.app
  --redirect-uri <url>       may be given more than once. Default: http://localhost:3000/auth/apple/callback
  --notification-url <url>   where the app takes notifications. Default: none
  --env-prefix <prefix>      what the printed variables begin with. Default: APPLE_
  --state-file <file>        keeps consents and tokens there over restarts. Default: none
  --school-size <number>     how many people the first school has. Default: 120
  --allow-in-production      starts with NODE_ENV=production too

Exit codes: 0 stopped, 1 it cannot start, 2 not understood
`,
}
