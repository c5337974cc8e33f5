package plugin;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.RootContext;
import dev.sluice.sdk.Config;

/** Adds a header to responses. */
public final class HeaderPlugin implements PluginFactory {
  @Override
  public Plugin create(RootContext context) {
    var config = Config.of(context);
    var header = config.string("header", "x-{{name}}");
    var value = config.string("value", "hello");
    return stream -> new Filter(header, value);
  }

  private record Filter(String header, String value) implements HttpFilter {
    @Override
    public FilterStatus onResponseHeaders(Headers headers, boolean endOfStream) {
      headers.set(header, value);
      return FilterStatus.CONTINUE;
    }
  }
}
