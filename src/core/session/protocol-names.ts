/**
 * What two ends may agree to speak, by the names under which TLS negotiates it (ALPN).
 * @module
 */

/** Syncthing's own: two devices that trust each other. */
export const BEP = 'bep/1.0';
/** Pairing: whoever opened the connection wants to join whoever took it. */
export const PAIRING = 'lanfold-pair/1';
/** Pairing, the other way round: at a meeting the addresses decide who is the TLS server, not who has the open code. */
export const PAIRING_REVERSED = 'lanfold-pair-reversed/1';
