/** Bodies of requests, as they go over the wire. */

/** In two chunks. */
export function chunked(content: Buffer): Buffer {
  const half = Math.ceil(content.length / 2)
  const pieces = [content.subarray(0, half), content.subarray(half)].filter((piece) => piece.length > 0)
  const chunks = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}

/** A form of these files, with the boundary `xyz`. */
export function formOf(files: readonly { readonly name: string; readonly content: Buffer }[]): Buffer {
  const parts = files.flatMap(({ name, content }) => [
    Buffer.from(`--xyz\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...parts, Buffer.from('--xyz--\r\n')])
}
