// The two parts of every answer of wanboot-cgi (jumpstart.md 3.7): what was asked for, and a digest that is zero where nothing is signed.

const BOUNDARY = 'WANBoot_Part_Boundary'
export const MULTIPART_TYPE = `multipart/mixed; boundary=${BOUNDARY}`

/** bytes of an HMAC-SHA1 */
const DIGEST_BYTES = 20

const encode = (text: string) => new TextEncoder().encode(text)

function partHead(bytes: number): string {
  return `--${BOUNDARY}\r\nContent-Length: ${bytes}\r\nContent-Type: application/octet-stream\r\n\r\n`
}

/** What stands before and behind a payload of so many bytes. */
export function aroundPayload(bytes: number): { before: Uint8Array; after: Uint8Array } {
  const digest = '\0'.repeat(DIGEST_BYTES)
  return {
    before: encode(partHead(bytes)),
    after: encode(`\r\n${partHead(DIGEST_BYTES)}${digest}\r\n--${BOUNDARY}--\r\n`),
  }
}
