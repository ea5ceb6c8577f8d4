// The beginning of a build's id, as people copy it from a list.

/** So many characters are shown in lists, and are enough to name a build. */
export const SHORT_ID = 8

/** Whether a build's id may begin so. */
export function isBuildPrefix(text: string): boolean {
  return text.length >= SHORT_ID && text.length <= 36 && /^[0-9a-f-]+$/.test(text)
}
