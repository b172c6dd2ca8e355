import type { SimulatorPerson, SimulatorSchool } from './person.js'
import { consumerSubject, managedSubject } from './subject.js'

const dates = { dateCreated: '2024-08-01T08:00:00.000000000Z', dateLastModified: '2025-08-01T08:00:00.000000000Z' }

const firstSchool = '5f0f6d1e-0001-4a5c-9a51-51c7b0a1f001'
const secondSchool = '5f0f6d1e-0002-4a5c-9a51-51c7b0a1f002'

/** The organization behind the test scope; every simulator has it. */
export const testOrganization: SimulatorSchool = {
  id: '5f0f6d1e-0100-4a5c-9a51-51c7b0a1f100',
  name: 'Apple School Manager Test Organization',
  domains: [{ name: 'mytestschool.org', isVerified: false }],
  // More than one page.
  size: 130,
  ...dates,
}

/** The schools a simulator starts with; the same ids in every process. */
export const seededSchools: readonly SimulatorSchool[] = [
  { id: firstSchool, name: 'First School', domains: [{ name: 'first-school.example', isVerified: true }], ...dates },
  {
    id: secondSchool,
    name: 'Second School',
    domains: [
      { name: 'second-school.example', isVerified: true },
      { name: 'old-second-school.example', isVerified: false },
    ],
    size: 40,
    ...dates,
  },
]

function consumer(givenName: string, familyName: string): SimulatorPerson {
  const localPart = `${givenName}.${familyName}`.toLowerCase()
  return {
    id: consumerSubject(localPart),
    givenName,
    familyName,
    role: 'consumer',
    email: `${localPart}@home.example`,
  }
}

function managed(organizationId: string, role: SimulatorPerson['role'], name: string, email?: string): SimulatorPerson {
  const [givenName = '', familyName = ''] = name.split(' ')
  const id = managedSubject(`${organizationId} ${name}`)
  return { id, givenName, familyName, role, organizationId, ...(email === undefined ? {} : { email }) }
}

const developer: SimulatorPerson = {
  id: consumerSubject('developer account'),
  givenName: 'Developer',
  familyName: 'Account',
  role: 'developer',
  email: 'developer.account@home.example',
}

/** The people a simulator starts with, named by their role because nobody real is meant; the same ids in every process. */
export const seededPeople: readonly SimulatorPerson[] = [
  consumer('Home', 'User'),
  consumer('Second', 'User'),
  managed(firstSchool, 'administrator', 'School Administrator', 'school.administrator@first-school.example'),
  managed(firstSchool, 'site-manager', 'Site Manager', 'site.manager@first-school.example'),
  managed(firstSchool, 'instructor', 'Class Teacher', 'class.teacher@first-school.example'),
  managed(firstSchool, 'student', 'First Student'),
  managed(secondSchool, 'administrator', 'Other Administrator', 'other.administrator@second-school.example'),
  developer,
  managed(testOrganization.id, 'student', 'given100 family100', 'given100family100@mytestschool.org'),
  managed(testOrganization.id, 'student', 'given101 family101'),
]
