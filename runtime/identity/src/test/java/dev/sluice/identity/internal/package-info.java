@NullMarked
package dev.sluice.identity.internal;

import org.jspecify.annotations.NullMarked;
