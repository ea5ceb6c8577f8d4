/** How many versions build on one another at most. Chains stay far shorter, since each version has a full stream of its own as well. */
export const MAX_CHAIN = 64
