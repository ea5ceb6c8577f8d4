/** Text for a message: in quotes, control characters escaped, cut when absurdly long. */
export function quoted(text: string): string {
  const json = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
  // those that JSON may have as they are
  return json.replace(/[\u007f-\u009f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
}
