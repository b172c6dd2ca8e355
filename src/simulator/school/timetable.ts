import type { Sequence } from './sequence.js'

/** Who meets whom in which class, as indexes of people; computed, never stored. */
export interface Timetable {
  /** How many classes there are. */
  readonly length: number
  readonly subject: (index: number) => string
  /** One or two; none in a school without instructors. */
  readonly instructors: (index: number) => readonly number[]
  /** About 25. */
  readonly students: (index: number) => readonly number[]
}

const subjects = ['Reading', 'Mathematics', 'Science', 'Arts']
const usualClassSize = 25

/**
 * Puts each student into one class of every subject that is taught, together with others each time.
 * Default: as many classes as classes of about 25 need.
 */
export function createTimetable(
  students: Sequence<number>,
  instructors: Sequence<number>,
  classes?: number,
): Timetable {
  const groups = students.length === 0 ? 0 : Math.max(1, Math.round(students.length / usualClassSize))
  // A stride without a common factor visits every student once before it comes back to the first.
  const strides = [1, 7, 31, 127].map((wanted) => nextCoprime(wanted, students.length))
  const length = classes ?? groups * subjects.length
  const classesOf = (subject: number) => Math.ceil((length - subject) / subjects.length)
  return {
    length,
    subject: (index) => subjects[index % subjects.length] ?? '',
    instructors(index) {
      if (instructors.length === 0) return []
      const first = index % instructors.length
      const hasSecond = instructors.length > 1 && index % 5 < 2
      return (hasSecond ? [first, (first + 1) % instructors.length] : [first]).map(instructors.at)
    },
    students(index) {
      const subject = index % subjects.length
      const stride = strides[subject] ?? 1
      const group = Math.floor(index / subjects.length)
      const start = (of: number) => Math.floor((of * students.length) / classesOf(subject))
      const found: number[] = []
      for (let place = start(group); place < start(group + 1); place++) {
        found.push(students.at((place * stride) % students.length))
      }
      return found
    },
  }
}

function nextCoprime(wanted: number, length: number): number {
  let found = wanted
  while (length > 0 && greatestCommonDivisor(found, length) !== 1) found++
  return found
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
