/** What somebody is to Apple: a private person, a developer, or a role in Apple School Manager. */
export type SimulatorRole =
  'consumer' | 'developer' | 'administrator' | 'site-manager' | 'instructor' | 'staff' | 'student'

/** Somebody who can press Continue on the consent page. */
export interface SimulatorPerson {
  /** The `sub` of the id_token for the first team that registers an app; other teams see another one, as at Apple. */
  readonly id: string
  readonly givenName: string
  readonly familyName: string
  readonly role: SimulatorRole
  /** Not every student has one. */
  readonly email?: string
  /** Default: true for private accounts, false for managed ones. */
  readonly emailVerified?: boolean
  /** The school that manages the account; required for school roles, refused for `consumer` and `developer`. */
  readonly organizationId?: string
}

/** An organization of Apple School Manager, in the words of the Roster API. */
export interface SimulatorSchool {
  /** A UUID; equals `org_id` in id_tokens. */
  readonly id: string
  readonly name: string
  /** Default: none. */
  readonly domains?: readonly { readonly name: string; readonly isVerified: boolean }[]
  /** ISO 8601. */
  readonly dateCreated?: string
  /** ISO 8601. */
  readonly dateLastModified?: string
  /** How many people the Roster API lists; `people` come first, the rest is made up. Default: `schoolSize`. */
  readonly size?: number
  /** How many students there are, instead of `size`; one instructor and one member of staff to eighteen come on top. */
  readonly students?: number
  /** How many classes there are, of four subjects in turn. Default: as many as classes of about 25 need. */
  readonly classes?: number
}

/** A person's name as pages show it. */
export function fullName({ givenName, familyName }: SimulatorPerson): string {
  return `${givenName} ${familyName}`
}
