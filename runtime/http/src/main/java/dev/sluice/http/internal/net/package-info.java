/** Holds what both codecs share: the loop, the outbox of a connection, names, errors. */
@NullMarked
package dev.sluice.http.internal.net;

import org.jspecify.annotations.NullMarked;
