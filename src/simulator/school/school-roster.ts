// https://developer.apple.com/documentation/rosterapi
import type { SimulatorSchool } from '../person.js'
import { createNumberIdCodec } from './id-codec.js'
import { createPeople, domainOf, type People, type PeopleSource } from './people.js'
import type { RosterRole } from './population.js'
import { mapSequence, type Sequence } from './sequence.js'
import { createTimetable, type Timetable } from './timetable.js'

/** Everything the Roster API says of one school, with Apple's field names; computed when asked. */
export interface SchoolRoster {
  readonly organization: object
  readonly users: (role: RosterRole | undefined) => Sequence<object>
  readonly user: (id: string) => object | undefined
  readonly classes: Sequence<object>
  readonly class: (id: string) => object | undefined
  /** The people of a class, instructors first; undefined for an unknown class. */
  readonly classUsers: (id: string, role: RosterRole | undefined) => Sequence<object> | undefined
  readonly locations: Sequence<object>
  readonly location: (id: string) => object | undefined
}

/** What a roster is made of. */
export interface SchoolRosterSource extends PeopleSource {
  /** Whether users carry `roles`. */
  readonly hasRoles: boolean
}

/** The places of a school. */
interface Places extends Sequence<object> {
  readonly locationId: (index: number) => string
  readonly find: (id: string) => object | undefined
}

const peoplePerLocation = 500

/** Builds the roster of a school as one team sees it. */
export function createSchoolRoster(source: SchoolRosterSource): SchoolRoster {
  const { school } = source
  const people = createPeople(source)
  const { population } = people
  const places = createPlaces(school, population.size)
  const user = createUserReader(source, people, places)
  const timetable = createTimetable(population.ofRole('Student'), population.ofRole('Instructor'), school.classes)
  const classIds = createNumberIdCodec('CL', `classes ${school.id}`)
  const classAt = (index: number) => classRecord(index, classIds.encode(index), timetable, people, places)
  const everybody: Sequence<number> = { length: population.size, at: (index) => index }
  return {
    organization: organization(school),
    users: (role) => mapSequence(role === undefined ? everybody : population.ofRole(role), user),
    user: (id) => read(people.index(id), population.size, user),
    classes: { length: timetable.length, at: classAt },
    class: (id) => read(classIds.decode(id), timetable.length, classAt),
    classUsers: (id, role) =>
      read(classIds.decode(id), timetable.length, (index) => mapSequence(classPeople(timetable, index, role), user)),
    locations: places,
    location: places.find,
  }
}

function read<Item>(index: number | undefined, length: number, at: (index: number) => Item): Item | undefined {
  return index === undefined || index >= length ? undefined : at(index)
}

// JSON leaves undefined members out, as Apple's samples leave out what is absent.
function organization({ id, name, domains = [], dateCreated, dateLastModified }: SimulatorSchool): object {
  return { id, type: 'EDUCATION', name, domains, dateCreated, dateLastModified }
}

function createPlaces(school: SimulatorSchool, people: number): Places {
  const ids = createNumberIdCodec('LO', `locations ${school.id}`)
  const length = Math.max(2, Math.ceil(people / peoplePerLocation))
  const domain = domainOf(school)
  function at(index: number): object {
    const name = `Location ${String(index + 1).padStart(4, '0')}`
    return {
      id: ids.encode(index),
      name,
      domain,
      timeZone: 'PST',
      dateCreated: dateCreated(index),
      dateLastModified: dateLastModified(index),
    }
  }
  return {
    length,
    at,
    locationId: (index) => ids.encode(index % length),
    find: (id) => read(ids.decode(id), length, at),
  }
}

function createUserReader({ school, hasRoles }: SchoolRosterSource, people: People, { locationId }: Places) {
  return function user(index: number): object {
    // Copied by name: spreading costs more than all the rest of the record.
    const { givenName, middleName, familyName, email, grade, hasLocation = true } = people.fields(index)
    const roleName = people.population.roleOf(index)
    // Who manages the whole school belongs to the organization itself.
    const isManager = roleName === 'Staff' && people.isMember(index)
    return {
      id: people.id(index),
      givenName,
      middleName,
      familyName,
      email,
      grade,
      roles: hasRoles ? [roleName] : undefined,
      roleLocationMapping: hasLocation
        ? [{ roleName, locationId: isManager ? school.id : locationId(index) }]
        : undefined,
      dateCreated: dateCreated(index),
      dateLastModified: dateLastModified(index),
    }
  }
}

function classRecord(index: number, id: string, timetable: Timetable, people: People, places: Places): object {
  const subject = timetable.subject(index)
  const number = String(index + 1).padStart(6, '0')
  return {
    id,
    name: `${subject} ${number}`,
    number: `${subject.slice(0, 2).toUpperCase()}-${number}`,
    room: `Room ${String((index % 40) + 1)}`,
    displayName: index % 2 === 0 ? `${subject}, class ${String(index + 1)}` : undefined,
    locationId: places.locationId(index),
    instructorIds: timetable.instructors(index).map(people.id),
    studentIds: timetable.students(index).map(people.id),
    dateCreated: dateCreated(index),
    dateLastModified: dateLastModified(index),
  }
}

function classPeople(timetable: Timetable, index: number, role: RosterRole | undefined): Sequence<number> {
  const found = [
    ...(role === 'Student' ? [] : timetable.instructors(index)),
    ...(role === 'Instructor' ? [] : timetable.students(index)),
  ]
  return { length: found.length, at: (position) => found[position] ?? 0 }
}

// Nine digits after the second, as in Apple's samples: more than a JavaScript Date keeps.
function dateCreated(index: number): string {
  return `2024-08-01T08:00:00.${String(index + 1).padStart(9, '0')}Z`
}

function dateLastModified(index: number): string {
  return `2025-08-01T08:00:00.${String(index + 1).padStart(9, '0')}Z`
}
