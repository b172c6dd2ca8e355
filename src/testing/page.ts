/** As much of Playwright's Page as the kit needs; playwright, playwright-core and @playwright/test give it. */
export interface TestPage {
  url(): string
  goto(url: string): Promise<unknown>
  waitForURL(isThere: (url: URL) => boolean): Promise<void>
  locator(selector: string): TestLocator
  on(event: 'response', listener: (response: TestPageResponse) => void): unknown
  off(event: 'response', listener: (response: TestPageResponse) => void): unknown
}

/** As much of its Locator. */
export interface TestLocator {
  check(): Promise<unknown>
  click(): Promise<unknown>
  isDisabled(): Promise<boolean>
  count(): Promise<number>
  innerText(): Promise<string>
}

/** As much of its Response. */
export interface TestPageResponse {
  url(): string
  status(): number
  headers(): Record<string, string>
  text(): Promise<string>
}
