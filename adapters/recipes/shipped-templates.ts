import { fileURLToPath } from 'node:url'

/** templates/ of the product itself. */
export const shippedTemplates = fileURLToPath(new URL('../../templates', import.meta.url))
