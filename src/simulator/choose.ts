/**
 * Takes the value of an option that has only a few; the first of them is the default.
 * @throws TypeError naming the option and its values
 */
export function choose<Value extends string>(
  name: string,
  value: Value | undefined,
  values: readonly [NoInfer<Value>, ...NoInfer<Value>[]],
): Value {
  if (value === undefined) return values[0]
  if (!values.includes(value)) throw new TypeError(`The option ${name} must be one of ${values.join(', ')}.`)
  return value
}

/**
 * Takes the value of an option whose default depends on something else: left out it stays undefined.
 * @throws TypeError naming the option and its values
 */
export function chooseIfGiven<Value extends string>(
  name: string,
  value: Value | undefined,
  values: readonly [NoInfer<Value>, ...NoInfer<Value>[]],
): Value | undefined {
  return value === undefined ? undefined : choose(name, value, values)
}
