package dev.sluice.control.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Shows no key of a provider, and takes what stands for one for the one that was there. */
class ProviderSecretsTest {
  private static ObjectNode json(String text) {
    return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
  }

  private static final ObjectNode NOW =
      json(
          """
          {'providers': [
            {'name': 'p', 'keys': [{'name': 'a', 'value': 'sk-a'}, {'name': 'b', 'value': '${B}'}],
             'headers': {'x': 'y'}},
            {'name': 'q', 'keys': [{'value': 'sk-1', 'weight': 2}, {'value': 'sk-2'}]},
            {'name': 'r', 'keys': [{'accessKeyId': 'AKIA', 'secretAccessKey': 's', 'sessionToken': 't'}]}],
           'plugins': [{'pluginConfig': {'value': 'shown'}}]}
          """);

  @Test
  void hidesKeys() {
    var shown = Secrets.mask(NOW).toString();

    assertThat(shown).doesNotContain("sk-").contains("${B}").contains("AKIA").contains("shown");
    assertThat(shown).contains("\"secretAccessKey\":\"***\"").contains("\"sessionToken\":\"***\"");
  }

  @Test
  void putsKeysBackByTheirNameOrPlace() {
    assertThat(Secrets.restore(Secrets.mask(NOW), NOW)).isEqualTo(NOW);

    var changed =
        json(
            """
            {'providers': [
              {'name': 'q', 'keys': [{'value': '***'}, {'value': 'new'}]},
              {'name': 'p', 'keys': [{'name': 'b', 'value': '${B}'}, {'name': 'a', 'value': '***', 'weight': 5}]},
              {'name': 's', 'keys': [{'value': '***'}]}]}
            """);
    var keys = Secrets.restore(changed, NOW).path("providers");
    assertThat(keys.at("/0/keys/0/value").asString()).isEqualTo("sk-1");
    assertThat(keys.at("/0/keys/1/value").asString()).isEqualTo("new");
    assertThat(keys.at("/1/keys/1/value").asString()).isEqualTo("sk-a");
    assertThat(keys.at("/2/keys/0/value").asString()).isEqualTo("***");
  }
}
