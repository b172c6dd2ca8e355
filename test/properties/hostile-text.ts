import fc from 'fast-check'

const tokens = '0 null __proto__ constructor % %zz %00 + access_denied user_cancelled_authorize GET POST [] {} {"name":'
const markup = `"><script>alert(1)</script> '-alert(1)-' <img/src=x/onerror=alert(1)> </form> &quot;&#34;`

/** Texts that somebody might hope to break something with, some of them about as long as may just be sent. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('', ' ', '\0', '\r\nSet-Cookie: a=b', ...tokens.split(' ')) },
  { weight: 2, arbitrary: fc.constantFrom(...markup.split(' ')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc
      .oneof(fc.nat(1000), fc.nat(70_000), fc.integer({ min: 64_500, max: 65_600 }))
      .map((length) => 'x'.repeat(length)),
  },
)
