/** How targets are chosen and how they fare. */
@NullMarked
package dev.sluice.providers.internal;

import org.jspecify.annotations.NullMarked;
