/** Reading, watching, applying and reporting behind {@link dev.sluice.control.Gateway}. */
@NullMarked
package dev.sluice.control.internal;

import org.jspecify.annotations.NullMarked;
