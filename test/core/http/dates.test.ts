/** Dates (RFC 9110, section 5.6.7). */
import fc from 'fast-check'
import t from 'tap'
import { fixdate, httpDate, logDate, parseHttpDate } from '../../../src/core/http/dates.ts'

const now = Date.UTC(2026, 10, 21)
const example = Date.UTC(1994, 10, 6, 8, 49, 37)

/** The examples of the section, and what is nearly one. */
const forms: readonly (readonly [text: string, time: number | undefined])[] = [
  ['Sun, 06 Nov 1994 08:49:37 GMT', example],
  ['Sunday, 06-Nov-94 08:49:37 GMT', example],
  ['Sun Nov  6 08:49:37 1994', example],
  ['Sat Nov 26 23:59:59 1994', Date.UTC(1994, 10, 26, 23, 59, 59)],
  ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
  ['Wed, 29 Feb 2023 00:00:00 GMT', undefined],
  ['Sat, 31 Apr 2024 00:00:00 GMT', undefined],
  ['Sun, 00 Nov 1994 08:49:37 GMT', undefined],
  ['Sun, 32 Dec 1994 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
  ['Sun, 06 Nov 1994 08:60:00 GMT', undefined],
  ['Sun, 06 Nov 1994 08:49:60 GMT', undefined],
  ['Sun, 31 Dec 1994 23:59:60 GMT', undefined],
  ['Sun, 06 Nov 0094 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 0100 08:49:37 GMT', Date.UTC(100, 10, 6, 8, 49, 37)],
  ['Sun, 31 Foo 1994 08:49:37 GMT', undefined],
  ['Sun, 06 nov 1994 08:49:37 GMT', undefined],
  ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
  ['Sun, 06 Nov 1994 08:49:37 +0100', undefined],
  ['Sun, 06 Nov 1994 08:49:37', undefined],
  [' Sun, 06 Nov 1994 08:49:37 GMT', undefined],
  ['Sunday, 06-Nov-1994 08:49:37 GMT', undefined],
  ['Sunday, 31-Foo-94 08:49:37 GMT', undefined],
  ['Sun Nov 06 08:49:37 1994', example],
  ['Sun Nov 6 08:49:37 1994', undefined],
  ['Sun Feb 30 08:49:37 1994', undefined],
  ['784111777', undefined],
  ['1994-11-06T08:49:37Z', undefined],
  ['', undefined],
]
t.test('the three forms, and nothing else', async (t) => {
  for (const [text, time] of forms) t.equal(parseHttpDate(text, now), time, JSON.stringify(text))
})

t.test('a year of two digits is at most 50 years ahead', async (t) => {
  const years: readonly (readonly [digits: string, year: number, today: number])[] = [
    ['26', 2026, 2026],
    ['76', 2076, 2026],
    ['77', 1977, 2026],
    ['99', 1999, 2026],
    ['00', 2000, 2026],
    ['94', 1994, 1994],
    ['00', 1900, 1949],
    ['99', 1999, 1949],
    ['00', 1900, 1999],
  ]
  for (const [digits, year, today] of years) {
    const read = parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, Date.UTC(today, 5))
    t.equal(read, Date.UTC(year, 10, 6, 8, 49, 37), `${digits} in ${today}`)
  }
})

const seconds = fc.integer({ min: -59_011_459_200, max: 253_402_300_799 }) // the years 100 to 9999

t.test('what is written is read back, to the second', async (t) => {
  fc.assert(
    fc.property(seconds, fc.integer({ min: 0, max: 999 }), (second, ms) => {
      return parseHttpDate(httpDate(second * 1000 + ms), now) === second * 1000
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
      return fixdate(ms) === new Date(ms).toUTCString()
    }),
  )
  t.pass()
})

t.test('the obsolete forms of a date are the same date', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 220_924_800, max: 3_345_000_000 }), (second) => {
      const [day, date, month, year, time] = httpDate(second * 1000).split(/,? /) as [
        string,
        string,
        string,
        string,
        string,
      ]
      const asctime = `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`
      const rfc850 = `${day}day, ${date}-${month}-${year.slice(2)} ${time} GMT`
      return parseHttpDate(asctime, now) === second * 1000 && parseHttpDate(rfc850, now) === second * 1000
    }),
  )
  t.pass()
})

t.test('the text that is kept is that of its second', async (t) => {
  const first = httpDate(example)
  t.equal(httpDate(example + 999), first)
  t.equal(httpDate(example + 1000), 'Sun, 06 Nov 1994 08:49:38 GMT')
  t.equal(httpDate(example), first)
})

t.test('the log has a form of its own', async (t) => {
  t.equal(logDate(Date.UTC(2026, 10, 21, 2, 41, 0)), '21/Nov/2026:02:41:00 +0000')
  t.equal(logDate(Date.UTC(2026, 0, 1, 23, 5, 9)), '01/Jan/2026:23:05:09 +0000')
})
