/**
 * The kinds of entries that the listing tells apart by an icon: what the style sheet calls them, and which names
 * are of which. Only the last extension counts, in any case.
 */

/** Class names of rows: one letter, since a listing repeats them a hundred thousand times. */
export const kinds = {
  up: 'u',
  directory: 'd',
  file: 'f',
  image: 'i',
  audio: 'a',
  video: 'v',
  archive: 'z',
  text: 't',
  code: 'c',
  link: 'l',
  unavailable: 'x',
} as const

/** The name of a kind's row class. */
export type KindClass = (typeof kinds)[keyof typeof kinds]

const extensions: readonly (readonly [kind: KindClass, extensions: string])[] = [
  [kinds.image, 'apng avif bmp gif heic heif ico jfif jpeg jpg jxl png psd raw svg tif tiff webp xcf'],
  [kinds.audio, 'aac aif aiff flac m4a mid midi mka mp3 oga ogg opus wav weba wma'],
  [kinds.video, '3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg ogv webm wmv'],
  [kinds.archive, '7z apk br bz2 cab deb dmg gz img iso jar lz lz4 lzma rar rpm tar tbz tgz txz war xz zip zst'],
  [kinds.text, 'adoc csv doc docx epub htm html ics log md odp ods odt org pdf ppt pptx rst rtf tex tsv txt xls xlsx'],
  [
    kinds.code,
    'bash bat c cc cfg clj conf cpp cs css dart diff ex fish go h hpp hs ini java js json jsonl jsx kt less lua mjs ml' +
      ' nix patch php pl proto ps1 py r rb rs sass scala scss sh sql svelte swift toml ts tsx vue wasm xml yaml yml zig zsh',
  ],
]

const byExtension = new Map<string, KindClass>()
for (const [kind, list] of extensions) for (const extension of list.split(' ')) byExtension.set(extension, kind)

/** The kind of a file, by its name. */
export function kindOfName(name: string): KindClass {
  const dot = name.lastIndexOf('.')
  // A leading dot hides a file; it does not begin an extension.
  if (dot <= 0) return kinds.file
  return byExtension.get(name.slice(dot + 1).toLowerCase()) ?? kinds.file
}
