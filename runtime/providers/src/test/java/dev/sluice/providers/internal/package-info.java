@NullMarked
package dev.sluice.providers.internal;

import org.jspecify.annotations.NullMarked;
