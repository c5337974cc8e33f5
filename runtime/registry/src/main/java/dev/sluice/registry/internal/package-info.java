/** The wire protocol and file formats behind {@code dev.sluice.registry}. */
@NullMarked
package dev.sluice.registry.internal;

import org.jspecify.annotations.NullMarked;
