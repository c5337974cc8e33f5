/** What the stand-in reads, composes and sends. */
@NullMarked
package dev.sluice.standin.internal;

import org.jspecify.annotations.NullMarked;
