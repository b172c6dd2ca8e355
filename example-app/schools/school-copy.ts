import type { RosterClass, RosterClient, RosterUser } from 'express-apple-auth'

/** A class as the pages show it. */
export interface CopiedClass {
  readonly name: string
  readonly room: string | undefined
  readonly instructorIds: readonly string[]
  readonly studentIds: readonly string[]
}

/** What the app keeps of a school: no more than its pages show. */
export interface SchoolCopy {
  /** The names of everybody in a class, by user id. */
  readonly names: ReadonlyMap<string, string>
  readonly classes: readonly CopiedClass[]
}

/** How much of a school has been read. */
export interface Progress {
  people: number
  classes: number
}

/** Reads a school from the Roster API, page by page, and counts along. */
export async function readSchool(roster: RosterClient, progress: Progress, signal: AbortSignal): Promise<SchoolCopy> {
  const everybody = new Map<string, string>()
  for await (const user of roster.users({ signal })) {
    everybody.set(user.id, nameOf(user))
    progress.people += 1
  }
  const names = new Map<string, string>()
  const classes: CopiedClass[] = []
  for await (const each of roster.classes({ signal })) {
    const copied = copyClass(each)
    for (const id of [...copied.instructorIds, ...copied.studentIds])
      names.set(id, everybody.get(id) ?? 'Name not known')
    classes.push(copied)
    progress.classes += 1
  }
  return { names, classes }
}

/** Turns a copy into a text to keep. */
export function serializeCopy({ names, classes }: SchoolCopy): string {
  return JSON.stringify({ names: [...names], classes })
}

/** Turns such a text into a copy again. */
export function parseCopy(text: string): SchoolCopy {
  const { names, classes } = JSON.parse(text) as { names: [string, string][]; classes: CopiedClass[] }
  return { names: new Map(names), classes }
}

function copyClass({
  id,
  name,
  displayName,
  number,
  room,
  instructorIds = [],
  studentIds = [],
}: RosterClass): CopiedClass {
  return { name: displayName ?? name ?? number ?? id, room, instructorIds, studentIds }
}

/** Apple promises nothing of a user but the id. */
function nameOf({ givenName, familyName, email }: RosterUser): string {
  return [givenName, familyName].filter(Boolean).join(' ') || email || 'Name not known'
}
