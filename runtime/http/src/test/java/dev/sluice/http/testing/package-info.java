/**
 * Helps to test what speaks HTTP with real sockets: an upstream with a programmable answer, a
 * relay, a client of raw octets.
 */
@NullMarked
package dev.sluice.http.testing;

import org.jspecify.annotations.NullMarked;
