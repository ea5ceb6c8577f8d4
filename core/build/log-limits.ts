/** What one build may say, so that a script in a loop does not fill the database. */
export const MAX_LOG_BYTES = 16 * 1024 * 1024

/** One piece of a log. */
export const MAX_LOG_PIECE = 64 * 1024
