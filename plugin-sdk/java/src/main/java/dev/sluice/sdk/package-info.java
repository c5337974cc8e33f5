/** Eases writing plugins in Java: reading their configuration, and JSON. */
@NullMarked
package dev.sluice.sdk;

import org.jspecify.annotations.NullMarked;
