/** How many versions build on one another at most: longer chains nobody makes, since each has a full stream of its own as well. */
export const MAX_CHAIN = 64
