package dev.sluice.wasm.testing;

import dev.sluice.wasm.testing.WatReader.Lst;
import dev.sluice.wasm.testing.WatReader.Node;
import dev.sluice.wasm.testing.WatReader.Str;
import dev.sluice.wasm.testing.WatReader.Word;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Assembles WebAssembly text, as far as the guests of these tests need it: imported and defined
 * functions, one memory, globals, data, a table, integer instructions, plain or folded.
 */
public final class Wat {
  private record FuncType(List<Byte> params, List<Byte> results) {}

  private static final class Func {
    FuncType type = new FuncType(List.of(), List.of());
    final Map<String, Integer> locals = new HashMap<>();
    final List<Byte> localTypes = new ArrayList<>();
    List<Node> body = List.of();
  }

  private final List<FuncType> types = new ArrayList<>();
  private final ByteArrayOutputStream imports = new ByteArrayOutputStream();
  private final List<Func> functions = new ArrayList<>();
  private final Map<String, Integer> functionNames = new HashMap<>();
  private final Map<String, Integer> globalNames = new HashMap<>();
  private final ByteArrayOutputStream globals = new ByteArrayOutputStream();
  private final ByteArrayOutputStream exports = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final ByteArrayOutputStream names = new ByteArrayOutputStream();
  private List<Node> elements = List.of();
  private byte[] memory = new byte[0];
  private int start = -1;
  private int importCount;
  private int exportCount;
  private int dataCount;
  private int nameCount;

  private Wat() {}

  /** Returns the module as a binary. */
  public static byte[] assemble(String text) {
    return new Wat().module(WatReader.read(text));
  }

  private byte[] module(Lst module) {
    var fields = module.items().stream().filter(Lst.class::isInstance).map(Lst.class::cast);
    var list = fields.toList();
    list.stream().filter(f -> f.head().equals("import")).forEach(this::imported);
    list.stream().filter(f -> f.head().equals("func")).forEach(this::declare);
    for (Lst field : list) {
      switch (field.head()) {
        case "memory" -> memory(field);
        case "global" -> global(field);
        case "data" -> data(field);
        case "elem" -> elements = field.items().subList(1, field.items().size());
        case "start" -> start = index(word(field.items().get(1)), functionNames);
        case "import", "func" -> {}
        default -> throw new IllegalArgumentException("unknown field " + field.head());
      }
    }
    return binary();
  }

  private byte[] binary() {
    var code = new ByteArrayOutputStream();
    unsigned(code, functions.size());
    var declared = new ByteArrayOutputStream();
    unsigned(declared, functions.size());
    for (Func function : functions) {
      unsigned(declared, typeIndex(function.type));
      byte[] body = new Body(function).encode();
      unsigned(code, body.length);
      code.writeBytes(body);
    }
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    section(out, 1, types());
    section(out, 2, counted(importCount, imports));
    section(out, 3, declared.toByteArray());
    if (!elements.isEmpty()) {
      section(out, 4, new byte[] {1, 0x70, 0, (byte) elements.size()});
    }
    section(out, 5, memory);
    section(out, 6, counted(globalNames.size(), globals));
    section(out, 7, counted(exportCount, exports));
    if (start >= 0) {
      section(out, 8, new byte[] {(byte) start});
    }
    if (!elements.isEmpty()) {
      var table = new ByteArrayOutputStream();
      table.writeBytes(new byte[] {1, 0, 0x41, 0, 0x0b});
      unsigned(table, elements.size());
      elements.forEach(element -> unsigned(table, index(word(element), functionNames)));
      section(out, 9, table.toByteArray());
    }
    section(out, 10, code.toByteArray());
    section(out, 11, counted(dataCount, data));
    nameSection(out);
    return out.toByteArray();
  }

  private void nameSection(ByteArrayOutputStream out) {
    var names = new ByteArrayOutputStream();
    string(names, "name".getBytes(StandardCharsets.UTF_8));
    byte[] functions = counted(nameCount, this.names);
    names.write(1);
    unsigned(names, functions.length);
    names.writeBytes(functions);
    section(out, 0, names.toByteArray());
  }

  private byte[] types() {
    var out = new ByteArrayOutputStream();
    unsigned(out, types.size());
    for (FuncType type : types) {
      out.write(0x60);
      unsigned(out, type.params().size());
      type.params().forEach(out::write);
      unsigned(out, type.results().size());
      type.results().forEach(out::write);
    }
    return out.toByteArray();
  }

  private void imported(Lst field) {
    Lst function = (Lst) field.items().get(3);
    string(imports, ((Str) field.items().get(1)).bytes());
    string(imports, ((Str) field.items().get(2)).bytes());
    importCount++;
    if (function.head().equals("memory")) {
      imports.writeBytes(new byte[] {2, 0, 1});
      return;
    }
    imports.write(0);
    unsigned(imports, typeIndex(type(function, new Func())));
    functionNames.put(word(function.items().get(1)), importCount - 1);
  }

  private void declare(Lst field) {
    var function = new Func();
    int index = importCount + functions.size();
    functions.add(function);
    function.type = type(field, function);
    var body = new ArrayList<Node>();
    for (Node item : field.items().subList(1, field.items().size())) {
      if (item instanceof Word name && name.text().startsWith("$") && body.isEmpty()) {
        functionNames.put(name.text(), index);
        unsigned(names, index);
        string(names, name.text().substring(1).getBytes(StandardCharsets.UTF_8));
        nameCount++;
      } else if (item instanceof Lst list && list.head().equals("export")) {
        export(((Str) list.items().get(1)).bytes(), 0, index);
      } else if (!(item instanceof Lst list)
          || !List.of("param", "result", "local").contains(list.head())) {
        body.add(item);
      }
    }
    function.body = body;
  }

  private static FuncType type(Lst field, Func function) {
    var params = new ArrayList<Byte>();
    var results = new ArrayList<Byte>();
    for (Node item : field.items()) {
      if (!(item instanceof Lst list)
          || !List.of("param", "result", "local").contains(list.head())) {
        continue;
      }
      var words = list.items().stream().skip(1).map(Wat::word).toList();
      switch (list.head()) {
        case "param" -> declareLocals(words, function, params);
        case "result" -> words.forEach(word -> results.add(valueType(word)));
        case "local" -> declareLocals(words, function, function.localTypes);
        default -> {}
      }
    }
    return new FuncType(List.copyOf(params), List.copyOf(results));
  }

  private static void declareLocals(List<String> words, Func function, List<Byte> into) {
    for (String word : words) {
      if (word.startsWith("$")) {
        function.locals.put(word, function.locals.size());
      } else {
        into.add(valueType(word));
        if (words.size() == 1 || !words.getFirst().startsWith("$")) {
          function.locals.put("#" + function.locals.size(), function.locals.size());
        }
      }
    }
  }

  private void memory(Lst field) {
    var numbers = new ArrayList<Integer>();
    boolean shared = false;
    for (Node item : field.items().subList(1, field.items().size())) {
      if (item instanceof Lst list && list.head().equals("export")) {
        export(((Str) list.items().get(1)).bytes(), 2, 0);
      } else if (word(item).equals("shared")) {
        shared = true;
      } else {
        numbers.add(Integer.decode(word(item)));
      }
    }
    var out = new ByteArrayOutputStream();
    out.write(1);
    out.write(shared ? 3 : numbers.size() - 1);
    numbers.forEach(number -> unsigned(out, number));
    memory = out.toByteArray();
  }

  private void global(Lst field) {
    globalNames.put(word(field.items().get(1)), globalNames.size());
    boolean mutable = field.items().get(2) instanceof Lst;
    Node type = mutable ? ((Lst) field.items().get(2)).items().get(1) : field.items().get(2);
    globals.write(valueType(word(type)));
    globals.write(mutable ? 1 : 0);
    var body = new Func();
    body.body = List.of(field.items().get(3));
    byte[] init = new Body(body).encode();
    globals.write(init, 1, init.length - 1); // without the count of locals
  }

  private void data(Lst field) {
    dataCount++;
    data.write(0);
    var body = new Func();
    body.body = List.of(field.items().get(1));
    byte[] offset = new Body(body).encode();
    data.write(offset, 1, offset.length - 1);
    string(data, ((Str) field.items().get(2)).bytes());
  }

  private void export(byte[] name, int kind, int index) {
    exportCount++;
    string(exports, name);
    exports.write(kind);
    unsigned(exports, index);
  }

  private int typeIndex(FuncType type) {
    int index = types.indexOf(type);
    if (index < 0) {
      types.add(type);
      return types.size() - 1;
    }
    return index;
  }

  /** Encodes the instructions of a function. */
  private final class Body {
    private final Func function;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Deque<String> labels = new ArrayDeque<>();

    Body(Func function) {
      this.function = function;
    }

    byte[] encode() {
      unsigned(out, function.localTypes.size());
      for (byte type : function.localTypes) {
        out.write(1);
        out.write(type);
      }
      instructions(function.body);
      out.write(0x0b);
      return out.toByteArray();
    }

    private void instructions(List<Node> nodes) {
      for (int i = 0; i < nodes.size(); ) {
        if (nodes.get(i) instanceof Lst folded) {
          folded(folded);
          i++;
        } else {
          i += plain(nodes, i);
        }
      }
    }

    private void folded(Lst list) {
      String name = list.head();
      var rest = list.items().subList(1, list.items().size());
      if (name.equals("block") || name.equals("loop") || name.equals("if")) {
        structured(name, rest);
        return;
      }
      int immediates = immediates(rest);
      instructions(rest.subList(immediates, rest.size()));
      var instruction = new ArrayList<Node>();
      instruction.add(new Word(name));
      instruction.addAll(rest.subList(0, immediates));
      plain(instruction, 0);
    }

    private static int immediates(List<Node> rest) {
      int count = 0;
      while (count < rest.size()
          && (rest.get(count) instanceof Word
              || (rest.get(count) instanceof Lst list
                  && List.of("type", "param", "result").contains(list.head())))) {
        count++;
      }
      return count;
    }

    private void structured(String name, List<Node> rest) {
      var items = new ArrayList<>(rest);
      String label = "";
      if (!items.isEmpty()
          && items.getFirst() instanceof Word word
          && word.text().startsWith("$")) {
        label = word.text();
        items.removeFirst();
      }
      int blockType = 0x40;
      if (!items.isEmpty()
          && items.getFirst() instanceof Lst list
          && list.head().equals("result")) {
        blockType = valueType(word(list.items().get(1)));
        items.removeFirst();
      }
      if (name.equals("if")) {
        while (!(items.getFirst() instanceof Lst list && list.head().equals("then"))) {
          instructions(List.of(items.removeFirst()));
        }
      }
      out.write(name.equals("block") ? 2 : name.equals("loop") ? 3 : 4);
      out.write(blockType);
      labels.push(label);
      if (name.equals("if")) {
        branch(items.getFirst());
        if (items.size() > 1) {
          out.write(5);
          branch(items.get(1));
        }
      } else {
        instructions(items);
      }
      labels.pop();
      out.write(0x0b);
    }

    private void branch(Node node) {
      var items = ((Lst) node).items();
      instructions(items.subList(1, items.size()));
    }

    /** Encodes the instruction that starts at an index and returns how many nodes it took. */
    private int plain(List<Node> nodes, int i) {
      String name = word(nodes.get(i));
      Integer opcode = WatOpcodes.CODES.get(name);
      if (opcode == null) {
        throw new IllegalArgumentException("unknown instruction " + name);
      }
      if (opcode > 0xff) {
        out.write(0xfc);
        out.write(opcode & 0xff);
        out.writeBytes(new byte[name.equals("memory.copy") ? 2 : 1]);
        return 1;
      }
      out.write(opcode);
      if (name.endsWith(".const")) {
        signed(out, number(word(nodes.get(i + 1))));
        return 2;
      }
      if (name.startsWith("local.")) {
        unsigned(out, index(word(nodes.get(i + 1)), function.locals));
        return 2;
      }
      if (name.startsWith("global.")) {
        unsigned(out, index(word(nodes.get(i + 1)), globalNames));
        return 2;
      }
      if (name.equals("call")) {
        unsigned(out, index(word(nodes.get(i + 1)), functionNames));
        return 2;
      }
      if (name.equals("call_indirect")) {
        var type = new ArrayList<Node>();
        int used = 1;
        while (i + used < nodes.size()
            && nodes.get(i + used) instanceof Lst list
            && List.of("param", "result").contains(list.head())) {
          type.add(list);
          used++;
        }
        unsigned(out, typeIndex(type(new Lst(type), new Func())));
        out.write(0);
        return used;
      }
      if (name.equals("br") || name.equals("br_if")) {
        String label = word(nodes.get(i + 1));
        unsigned(
            out,
            label.startsWith("$")
                ? new ArrayList<>(labels).indexOf(label)
                : Integer.parseInt(label));
        return 2;
      }
      if (name.equals("memory.grow") || name.equals("memory.size")) {
        out.write(0);
        return 1;
      }
      if (name.contains(".load") || name.contains(".store")) {
        return memoryOperands(nodes, i);
      }
      return 1;
    }

    private int memoryOperands(List<Node> nodes, int i) {
      out.write(0);
      if (i + 1 < nodes.size()
          && nodes.get(i + 1) instanceof Word word
          && word.text().startsWith("offset=")) {
        unsigned(out, (int) number(word.text().substring(7)));
        return 2;
      }
      out.write(0);
      return 1;
    }
  }

  private static int index(String word, Map<String, Integer> names) {
    Integer index = word.startsWith("$") ? names.get(word) : Integer.valueOf(word);
    if (index == null) {
      throw new IllegalArgumentException("unknown name " + word);
    }
    return index;
  }

  private static long number(String word) {
    return Long.decode(word.replace("_", ""));
  }

  private static String word(Node node) {
    return ((Word) node).text();
  }

  private static byte valueType(String word) {
    return switch (word) {
      case "i32" -> 0x7f;
      case "i64" -> 0x7e;
      default -> throw new IllegalArgumentException("unknown type " + word);
    };
  }

  private static void section(ByteArrayOutputStream out, int id, byte[] content) {
    if (content.length > 0 && (content[0] != 0 || id == 0)) {
      out.write(id);
      unsigned(out, content.length);
      out.writeBytes(content);
    }
  }

  private static byte[] counted(int count, ByteArrayOutputStream content) {
    var out = new ByteArrayOutputStream();
    unsigned(out, count);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, byte[] bytes) {
    unsigned(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void unsigned(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest >>> 7 != 0) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void signed(ByteArrayOutputStream out, long value) {
    long rest = value > Integer.MAX_VALUE && value <= 0xFFFFFFFFL ? (int) value : value;
    while (true) {
      int part = (int) (rest & 0x7f);
      rest >>= 7;
      if ((rest == 0 && (part & 0x40) == 0) || (rest == -1 && (part & 0x40) != 0)) {
        out.write(part);
        return;
      }
      out.write(part | 0x80);
    }
  }
}
