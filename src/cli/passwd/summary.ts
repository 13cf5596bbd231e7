/** What `twinserve passwd` does, for the help of `twinserve` too, which need not load the rest. */
export const passwdSummary = 'Give a user a password, in a file for --auth-file'
