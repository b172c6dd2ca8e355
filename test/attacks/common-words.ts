/** What people take for a secret when they try something out, and guessers try first. */
export const commonWords: readonly string[] = (
  'secret password 123456 12345678 123456789 1234567890 qwerty abc123 letmein admin administrator root test ' +
  'testing guest changeme change_me changeit default example welcome monkey dragon master hello hello_world ' +
  'supersecret secret123 secretkey secret_key mysecret my_secret mysecretkey your-256-bit-secret ' +
  'your-384-bit-secret your-512-bit-secret your_secret_key your_jwt_secret jwt jwt_secret jwtsecret ' +
  'jwt-secret JWT_SECRET token tokensecret access_token session session_secret sessionsecret cookie ' +
  'keyboardcat express node nodejs javascript development production staging dev prod local localhost apple ' +
  'appleid signin sign-in-with-apple school education teacher student classroom library client ' +
  'client_secret clientsecret private privatekey private_key publickey public_key key key1 apikey api_key ' +
  'hmac hs256 HS256 RS256 sha256 signature signing signingkey shhhhh shhhhhhh foo bar foobar baz qux ' +
  'passw0rd p@ssw0rd Password1 iloveyou sunshine princess football trustno1 0 1 null undefined none true ' +
  'false object a x gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C'
).split(' ')
