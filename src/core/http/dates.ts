/**
 * Dates as HTTP writes them: IMF-fixdate, and the two obsolete forms when reading (RFC 9110, section 5.6.7).
 */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const dayLength = 86_400_000
const two = (value: number) => (value < 10 ? `0${value}` : `${value}`)

let lastDay = Number.NaN
let lastDayText = ''

/**
 * A time as IMF-fixdate. The day's part is kept from the last call: `Date` takes a microsecond for it, and
 * most times are of one day.
 *
 * @param milliseconds since 1970
 */
export function fixdate(milliseconds: number): string {
  const day = Math.floor(milliseconds / dayLength)
  if (day !== lastDay) {
    const date = new Date(day * dayLength)
    const year = String(date.getUTCFullYear()).padStart(4, '0')
    lastDayText = `${days[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${year}`
    lastDay = day
  }
  const second = Math.floor((milliseconds - day * dayLength) / 1000)
  const minute = Math.floor(second / 60)
  return `${lastDayText} ${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(second % 60)} GMT`
}

let lastSecond = Number.NaN
let lastText = ''

/** A time as the `Date` field has it. The last one is kept: thousands of answers share a second. @param milliseconds since 1970 */
export function httpDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000)
  if (second !== lastSecond) {
    lastText = fixdate(milliseconds)
    lastSecond = second
  }
  return lastText
}

const imf = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
const rfc850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

function utc(year: string, month: string, day: string, time: readonly string[]): number | undefined {
  const index = months.indexOf(month)
  const [hour, minute, second] = time.map(Number) as [number, number, number]
  const date = Date.UTC(Number(year), index, Number(day), hour, minute, second)
  // Date.UTC carries an overflow over (30 February becomes 2 March, the year 50 becomes 1950): what comes back must be
  // what was said. A month that is unknown is the December before.
  const back = new Date(date)
  const same = back.getUTCFullYear() === Number(year) && back.getUTCDate() === Number(day)
  return same && back.getUTCHours() === hour && back.getUTCMinutes() === minute ? date : undefined
}

/** RFC 9110, section 5.6.7: a two-digit year more than 50 years ahead means the past century. */
function fullYear(twoDigits: string, now: number): string {
  const thisYear = new Date(now).getUTCFullYear()
  const guess = thisYear - (thisYear % 100) + Number(twoDigits)
  return String(guess > thisYear + 50 ? guess - 100 : guess)
}

/**
 * Read a date in any of the three forms.
 *
 * @param now milliseconds since 1970, for two-digit years
 * @returns milliseconds since 1970, or undefined for anything else, which the conditional fields then ignore
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const m = imf.exec(text)
  if (m) return utc(m[3] as string, m[2] as string, m[1] as string, m.slice(4, 7))
  const o = rfc850.exec(text)
  if (o) return utc(fullYear(o[3] as string, now), o[2] as string, o[1] as string, o.slice(4, 7))
  const a = asctime.exec(text)
  if (a) return utc(a[6] as string, a[1] as string, a[2] as string, a.slice(3, 6))
  return undefined
}

/** A date as the common log format has it: `21/Nov/2026:02:41:00 +0000`. */
export function logDate(milliseconds: number): string {
  const iso = new Date(milliseconds).toISOString()
  const month = months[Number(iso.slice(5, 7)) - 1]
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
}
