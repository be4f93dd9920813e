/** Something has to be installed or set first; the message says what, with the commands. */
export class MissingRequirement extends Error {}
