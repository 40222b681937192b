/** A pattern of LIKE for texts that hold `search`, in lower case. */
export const containing = (search: string): string => `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
