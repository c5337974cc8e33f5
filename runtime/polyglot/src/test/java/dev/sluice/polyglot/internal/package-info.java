@NullMarked
package dev.sluice.polyglot.internal;

import org.jspecify.annotations.NullMarked;
