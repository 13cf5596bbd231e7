/* Draws the charts of the report, with uPlot. Runs in the page: it is put there as it stands. */
const charts = JSON.parse(document.getElementById('charts').textContent, (_, part) => (part === 'never' ? null : part))
const byId = new Map(charts.map((chart) => [chart.id, chart]))
/** What is drawn, by the box that it is in. */
const drawn = new Map()
/** Whether it is being printed: at the width of paper, in the colours for it. */
let paper = false
const paperWidth = 660

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
const font = (size) => `${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`
const dashes = { solid: [], dashed: [7, 4], dotted: [2, 3] }

function seconds(value) {
  const [scaled, unit] = value < 9.995e-4 ? [value * 1e6, 'µs'] : value < 0.9995 ? [value * 1e3, 'ms'] : [value, 's']
  return `${Number(scaled.toPrecision(3))} ${unit}`
}

const written = {
  seconds,
  number: (value) => Number(value.toPrecision(4)).toLocaleString('en'),
  share: (value) => `${Math.round(value * 100)} %`,
  // 9.99 % more digits with each tenfold: 90, 99, 99.9.
  oneIn: (value) =>
    `${Number((100 * (1 - 1 / value)).toFixed(Math.max(0, Math.ceil(Math.log10(value) - 2 + 1e-9))))} %`,
}

/** The least and the greatest of an axis, with a little room. */
function extent(values, log) {
  const known = values.filter((value) => Number.isFinite(value) && (!log || value > 0))
  const [least, most] = [Math.min(...known), Math.max(...known)]
  if (log) return [least / 1.15, most * 1.15]
  return [Math.min(0, least), most === least ? most + 1 : most + (most - Math.min(0, least)) * 0.05]
}

/** Ticks of a logarithmic axis: tenfolds, with 2 and 5 between them where there is room, and even steps where all lie close together. */
function logTicks(least, most) {
  const tenfolds = Math.log10(most / least)
  const between = tenfolds > 3.5 ? [1] : tenfolds > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7]
  const ticks = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power += 1) {
    for (const part of between) ticks.push(part * 10 ** power)
  }
  const seen = ticks.filter((tick) => tick >= least && tick <= most)
  if (seen.length > 2) return seen
  const raw = (most - least) / 4
  const step = [1, 2, 5, 10].map((part) => part * 10 ** Math.floor(Math.log10(raw))).find((size) => size >= raw)
  return Array.from({ length: 6 }, (_, at) => (Math.ceil(least / step) + at) * step).filter((tick) => tick <= most)
}

function splitsOf(axis) {
  if (axis.kind === 'oneIn') {
    return (_u, _at, least, most) =>
      [2, ...Array.from({ length: 8 }, (_, at) => 10 ** (at + 1))].filter((tick) => tick >= least && tick <= most)
  }
  return axis.log ? (_u, _at, least, most) => logTicks(least, most) : undefined
}

function axisOf(axis, vertical) {
  const splits = splitsOf(axis)
  return {
    stroke: token('muted'),
    font: font(12),
    grid: { stroke: token('line'), width: 1 },
    ticks: { stroke: token('line'), width: 1, size: 5 },
    values: (_u, ticks) => ticks.map((tick) => (tick === null ? '' : written[axis.kind](tick))),
    ...(splits === undefined ? {} : { splits }),
    ...(axis.log ? { filter: (_u, ticks) => ticks } : {}),
    ...(vertical ? { size: 62 } : { label: axis.label, labelFont: font(12), labelSize: 22, size: 34, space: 46 }),
  }
}

/** Bands behind the lines, and what stands at an instant. */
function behind(chart) {
  return (u) => {
    const { ctx, bbox } = u
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    chart.series.forEach((series, at) => {
      if (series.spread === 'band' && u.series[at + 1].show) band(u, series)
    })
    ctx.strokeStyle = ctx.fillStyle = token('muted')
    ctx.lineWidth = devicePixelRatio
    ctx.font = font(11 * devicePixelRatio)
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio])
    for (const { x, text } of chart.marks ?? []) {
      const left = Math.round(u.valToPos(x, 'x', true))
      ctx.beginPath()
      ctx.moveTo(left, bbox.top)
      ctx.lineTo(left, bbox.top + bbox.height)
      ctx.stroke()
      ctx.textAlign = left > bbox.left + bbox.width / 2 ? 'right' : 'left'
      ctx.fillText(text, left + (ctx.textAlign === 'right' ? -6 : 6), bbox.top + bbox.height - 8 * devicePixelRatio)
    }
    ctx.restore()
  }
}

function band(u, { x, low, high, role }) {
  const { ctx } = u
  ctx.globalAlpha = 0.22
  ctx.fillStyle = token(role)
  let begin = 0
  const fill = (end) => {
    if (end - begin > 0) {
      ctx.beginPath()
      for (let at = begin; at < end; at += 1) ctx.lineTo(u.valToPos(x[at], 'x', true), u.valToPos(high[at], 'y', true))
      for (let at = end - 1; at >= begin; at -= 1)
        ctx.lineTo(u.valToPos(x[at], 'x', true), u.valToPos(low[at], 'y', true))
      ctx.fill()
    }
    begin = end + 1
  }
  for (let at = 0; at < x.length; at += 1) if (low[at] === null || high[at] === null) fill(at)
  fill(x.length)
  ctx.globalAlpha = 1
}

/** Whiskers, and the names of what was measured at the ends of their lines. */
function before(chart) {
  return (u) => {
    const { ctx, bbox } = u
    const ratio = devicePixelRatio
    const labels = []
    ctx.save()
    chart.series.forEach(({ x, y, low, high, role, line, name, spread }, at) => {
      if (!u.series[at + 1].show) return
      ctx.strokeStyle = token(role)
      ctx.lineWidth = 1.5 * ratio
      ctx.setLineDash([])
      x.forEach((value, index) => {
        if (spread !== 'whiskers' || low[index] === null || high[index] === null) return
        const [left, top, bottom] = [
          u.valToPos(value, 'x', true),
          u.valToPos(high[index], 'y', true),
          u.valToPos(low[index], 'y', true),
        ]
        ctx.beginPath()
        ctx.moveTo(left, top)
        ctx.lineTo(left, bottom)
        for (const end of [top, bottom]) {
          ctx.moveTo(left - 4 * ratio, end)
          ctx.lineTo(left + 4 * ratio, end)
        }
        ctx.stroke()
      })
      const last = y.findLastIndex((value) => value !== null)
      if (line === 'solid' && last >= 0) {
        labels.push({
          name,
          role,
          top: u.valToPos(y[last], 'y', true) - 8 * ratio,
          left: u.valToPos(x[last], 'x', true),
        })
      }
    })
    labels.sort((a, b) => a.top - b.top)
    labels.forEach((label, at) => {
      label.top = Math.max(label.top, bbox.top + 12 * ratio, at === 0 ? 0 : labels[at - 1].top + 15 * ratio)
      ctx.font = `600 ${font(12 * ratio)}`
      ctx.textAlign = 'right'
      ctx.lineJoin = 'round'
      ctx.lineWidth = 4 * ratio
      ctx.strokeStyle = token('card')
      ctx.fillStyle = token(label.role)
      const left = Math.min(label.left, bbox.left + bbox.width - 4 * ratio)
      ctx.strokeText(label.name, left, label.top)
      ctx.fillText(label.name, left, label.top)
    })
    ctx.restore()
  }
}

/** The nearest value of a series: not every series has one at every x. */
function nearest(u, series, index) {
  const values = u.data[series]
  for (let away = 0; away < values.length; away += 1) {
    for (const at of [index - away, index + away]) if (values[at] !== null && values[at] !== undefined) return at
  }
  return index
}

function optionsOf(chart, box, readings) {
  const range = (axis, values) => {
    const found = extent(values, axis.log)
    return () => found
  }
  const [xs, ys] = [
    chart.series.flatMap(({ x }) => x),
    chart.series.flatMap(({ y, low = [], high = [] }) => [...y, ...low, ...high].filter((value) => value !== null)),
  ]
  const xRange = chart.x.kind === 'oneIn' ? () => [1, Math.max(...xs) * 1.05] : range(chart.x, xs)
  const distribution = (axis) => (axis.log ? { distr: 3, log: 10 } : { distr: 1 })
  return {
    width: paper ? paperWidth : box.clientWidth,
    height: paper ? 260 : Math.max(240, Math.min(340, box.clientWidth * 0.6)),
    padding: [10, 22, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 }, dataIdx: nearest },
    scales: {
      x: { time: false, range: xRange, ...distribution(chart.x) },
      y: { range: range(chart.y, ys), ...distribution(chart.y) },
    },
    axes: [axisOf(chart.x, false), axisOf(chart.y, true)],
    series: [
      {},
      ...chart.series.map(({ name, role, line, marked = false }) => ({
        label: name,
        stroke: token(role),
        width: line === 'solid' ? 2 : 1.5,
        dash: dashes[line],
        points: {
          show: marked,
          size: line === 'solid' ? 7 : 6,
          fill: line === 'solid' ? token(role) : token('card'),
          stroke: token(role),
        },
      })),
    ],
    hooks: {
      drawAxes: [behind(chart)],
      draw: [before(chart)],
      setCursor: [(u) => read(chart, u, readings)],
    },
  }
}

/** What lies below the pointer. */
function read(chart, u, { place, values }) {
  const away = u.cursor.left < 0 || u.cursor.idx === null
  place.textContent = away ? '' : `at ${written[chart.x.kind](u.data[0][u.cursor.idx])}`
  values.forEach((value, at) => {
    const index = u.cursor.idxs?.[at + 1]
    const found = index === undefined || index === null ? undefined : u.data[at + 1][index]
    value.textContent = away || found === undefined || found === null ? '' : written[chart.y.kind](found)
  })
}

/** The key: a switch for each line. */
function keyOf(chart, figure) {
  const key = figure.querySelector('.key')
  const place = document.createElement('span')
  place.className = 'place'
  const values = []
  const rows = new Map()
  chart.series.forEach(({ name, model, role, line }, at) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.setAttribute('aria-pressed', 'true')
    button.title = `Show or hide ${name}`
    button.innerHTML = `<svg width="28" height="10" aria-hidden="true"><path d="M0 5h28" stroke="var(--${role})" stroke-width="${line === 'solid' ? 3 : 2}" stroke-dasharray="${dashes[line].join(' ')}"/></svg><span></span><b></b>`
    button.querySelector('span').textContent = model ?? name
    if (model !== undefined) button.setAttribute('aria-label', name)
    values.push(button.querySelector('b'))
    button.addEventListener('click', () => {
      const show = button.getAttribute('aria-pressed') !== 'true'
      button.setAttribute('aria-pressed', String(show))
      drawn.get(figure)?.setSeries(at + 1, { show })
    })
    // What is said of an engine stands in its row.
    if (!rows.has(role)) rows.set(role, document.createElement('p'))
    rows.get(role).append(button)
  })
  const together = chart.series.every(({ model }) => model === undefined)
  key.replaceChildren(...(together ? [...rows.values()].flatMap((row) => [...row.children]) : rows.values()), place)
  return { place, values }
}

function draw(figure) {
  const chart = byId.get(figure.dataset.chart)
  const box = figure.querySelector('.chart')
  const hidden = [...figure.querySelectorAll('.key button')].map(
    (button) => button.getAttribute('aria-pressed') === 'false',
  )
  drawn.get(figure)?.destroy()
  const readings = keyOf(chart, figure)
  const data = uPlot.join(chart.series.map(({ x, y }) => [x, y]))
  drawn.set(figure, new uPlot(optionsOf(chart, box, readings), data, box))
  hidden.forEach((off, at) => {
    if (off) figure.querySelectorAll('.key button')[at].click()
  })
}

const figures = [...document.querySelectorAll('figure[data-chart]')]
document.documentElement.classList.add('script')

// Drawn when they come near: there may be a hundred and more.
const nearby = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      nearby.unobserve(target)
      if (!drawn.has(target)) draw(target)
    }
  },
  { rootMargin: '800px' },
)
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const u = drawn.get(target.parentElement)
    if (u !== undefined && !paper && target.clientWidth > 0 && u.width !== target.clientWidth) {
      u.setSize({ width: target.clientWidth, height: u.height })
    }
  }
})
for (const figure of figures) {
  nearby.observe(figure)
  resized.observe(figure.querySelector('.chart'))
}

function again(all) {
  for (const figure of figures) if (all || drawn.has(figure)) draw(figure)
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  if (!paper) again(false)
})

/** Everything is drawn for paper, which has one width and is white. */
function print(on) {
  if (paper === on) return
  paper = on
  document.documentElement.toggleAttribute('data-paper', on)
  for (const details of document.querySelectorAll(on ? 'details:not([open])' : 'details[data-closed]')) {
    details.open = on
    details.toggleAttribute('data-closed', on)
  }
  again(on)
}
addEventListener('beforeprint', () => print(true))
addEventListener('afterprint', () => print(false))
matchMedia('print').addEventListener('change', ({ matches }) => print(matches))

for (const button of document.querySelectorAll('button[data-save]')) {
  button.addEventListener('click', () => {
    const text = document.getElementById(button.dataset.save).textContent
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    link.download = button.dataset.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  })
}
