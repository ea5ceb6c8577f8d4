// The order in which two indexes are compared: a directory, then all that is below it, then its neighbours.

/** Names hold no NUL, and it sorts before everything: so `/` does. */
export const orderKey = (path: string): string => (path === '.' ? '' : path.replaceAll('/', '\0'))
