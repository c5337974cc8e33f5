/** What policies ask about text: multi-pattern matching. */
@NullMarked
package dev.sluice.text;

import org.jspecify.annotations.NullMarked;
