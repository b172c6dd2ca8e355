/** As much of a supertest or superagent agent as the kit needs: what `request.agent(app)` gives. */
export interface TestAgent extends TestClient {
  /** The cookies it keeps; what `request(app)` gives keeps none. */
  readonly jar?: AgentJar
}

/** As much of its cookie jar. */
export interface AgentJar {
  setCookies(cookies: string[], domain: string, path: string): unknown
}

/** As much of `request(app)` as a request without cookies needs. */
export interface TestClient {
  get(path: string): TestRequest
  post(path: string): TestRequest
}

/** As much of a request of theirs. */
export interface TestRequest extends PromiseLike<TestAnswer> {
  /** Where it really goes. */
  readonly url: string
  /** The Cookie header that the agent is going to send. */
  cookies?: string
  set(name: string, value: string): unknown
  redirects(count: number): unknown
  ok(isFine: () => boolean): unknown
  send(body: string): unknown
}

/** As much of an answer of theirs. */
export interface TestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text?: string
}
