package dev.sluice.architecture;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Lists what a set of classes offers to others: one line for each public type and below it,
 * indented, one for each of its public and protected members. Generics, nullness and the values of
 * constants are part of a line, names of parameters are not.
 */
final class ApiSignatures {
  private static final Set<String> OF_EVERY_OBJECT = Set.of("equals", "hashCode", "toString");
  private static final Set<String> OF_EVERY_ENUM = Set.of("values", "valueOf");

  private final Map<String, Set<String>> membersOfTypes;

  private ApiSignatures(Map<String, Set<String>> membersOfTypes) {
    this.membersOfTypes = membersOfTypes;
  }

  /** Reads the signatures of those of the classes that are public all the way out. */
  static ApiSignatures of(Collection<Class<?>> types) {
    Map<String, Set<String>> signatures = new TreeMap<>();
    for (Class<?> type : types) {
      if (isPublic(type)) {
        signatures.put(header(type), members(type));
      }
    }
    return new ApiSignatures(signatures);
  }

  /** Reads what {@link #lines} wrote. Lines that start with {@code #} are comments. */
  static ApiSignatures parse(List<String> lines) {
    Map<String, Set<String>> signatures = new LinkedHashMap<>();
    Set<String> members = new TreeSet<>();
    for (String line : lines) {
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      if (line.startsWith(" ")) {
        members.add(line.strip());
      } else {
        members = new TreeSet<>();
        signatures.put(line, members);
      }
    }
    return new ApiSignatures(signatures);
  }

  /** Returns the text form, in a fixed order. */
  List<String> lines() {
    return membersOfTypes.entrySet().stream()
        .flatMap(
            type ->
                Stream.concat(
                    Stream.of("", type.getKey()), type.getValue().stream().map("  "::concat)))
        .toList();
  }

  /**
   * Returns the lines of this that the other has not, each with the type it belongs to. A method
   * that is abstract only here counts as present: a caller and an implementer can live with either.
   */
  List<String> missingFrom(ApiSignatures other) {
    return membersOfTypes.entrySet().stream()
        .flatMap(
            type -> {
              Set<String> there = other.membersOfTypes.get(type.getKey());
              return there == null
                  ? Stream.of(type.getKey())
                  : type.getValue().stream()
                      .filter(member -> !there.contains(member))
                      .filter(member -> !there.contains(member.replace("abstract ", "")))
                      .map(member -> type.getKey() + ": " + member);
            })
        .toList();
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers())
        && !type.isSynthetic()
        && (outer == null || isPublic(outer));
  }

  private static String header(Class<?> type) {
    StringBuilder line = new StringBuilder();
    if (type.isSealed()) {
      line.append("sealed ");
    }
    if (!type.isInterface() && !type.isEnum() && !type.isRecord()) {
      line.append(Modifier.isAbstract(type.getModifiers()) ? "abstract " : "")
          .append(Modifier.isFinal(type.getModifiers()) ? "final " : "");
    }
    line.append(kind(type)).append(' ').append(type.getName()).append(parameters(type));
    if (type.getSuperclass() != null && !type.isEnum() && !type.isRecord()) {
      line.append(" extends ").append(text(type.getAnnotatedSuperclass()));
    }
    if (type.getInterfaces().length > 0) {
      line.append(type.isInterface() ? " extends " : " implements ")
          .append(list(type.getAnnotatedInterfaces(), ApiSignatures::text));
    }
    if (type.isSealed()) {
      line.append(" permits ").append(list(type.getPermittedSubclasses(), Class::getName));
    }
    return line.toString();
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "annotation";
    }
    if (type.isInterface()) {
      return "interface";
    }
    if (type.isEnum()) {
      return "enum";
    }
    return type.isRecord() ? "record" : "class";
  }

  private static Set<String> members(Class<?> type) {
    Set<String> members = new TreeSet<>();
    for (Field field : type.getDeclaredFields()) {
      if (isOffered(field)) {
        members.add(signature(field));
      }
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (isOffered(constructor)) {
        members.add(modifiers(constructor) + "new" + arguments(constructor));
      }
    }
    for (Method method : type.getDeclaredMethods()) {
      if (isOffered(method) && !isOfEveryType(type, method)) {
        members.add(signature(method));
      }
    }
    return members;
  }

  private static boolean isOffered(Member member) {
    return (Modifier.isPublic(member.getModifiers()) || Modifier.isProtected(member.getModifiers()))
        && !member.isSynthetic();
  }

  private static boolean isOfEveryType(Class<?> type, Method method) {
    return OF_EVERY_OBJECT.contains(method.getName())
        || (type.isEnum() && OF_EVERY_ENUM.contains(method.getName()));
  }

  private static String signature(Field field) {
    if (field.isEnumConstant()) {
      return "constant " + field.getName();
    }
    return modifiers(field) + text(field.getAnnotatedType()) + " " + field.getName() + value(field);
  }

  /** Constants of these types are copied into the classes that use them. */
  private static String value(Field field) {
    boolean copied =
        Modifier.isStatic(field.getModifiers())
            && Modifier.isFinal(field.getModifiers())
            && (field.getType().isPrimitive() || field.getType() == String.class);
    if (!copied) {
      return "";
    }
    try {
      return " = " + field.get(null);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("a public constant cannot be read: " + field, e);
    }
  }

  private static String signature(Method method) {
    return modifiers(method)
        + parameters(method)
        + text(method.getAnnotatedReturnType())
        + " "
        + method.getName()
        + arguments(method);
  }

  private static String arguments(Executable executable) {
    String thrown = list(executable.getAnnotatedExceptionTypes(), ApiSignatures::text);
    return "("
        + list(executable.getAnnotatedParameterTypes(), ApiSignatures::text)
        + ")"
        + (thrown.isEmpty() ? "" : " throws " + thrown);
  }

  private static String modifiers(Member member) {
    int flags = member.getModifiers();
    boolean ofInterface = member.getDeclaringClass().isInterface();
    return (Modifier.isProtected(flags) ? "protected " : "")
        + (Modifier.isStatic(flags) ? "static " : "")
        + (Modifier.isFinal(flags) && !ofInterface ? "final " : "")
        + (Modifier.isAbstract(flags) ? "abstract " : "");
  }

  private static String parameters(Class<?> type) {
    String text = list(type.getTypeParameters(), ApiSignatures::text);
    return text.isEmpty() ? "" : "<" + text + ">";
  }

  private static String parameters(Method method) {
    String text = list(method.getTypeParameters(), ApiSignatures::text);
    return text.isEmpty() ? "" : "<" + text + "> ";
  }

  private static String text(TypeVariable<?> variable) {
    String bounds = list(variable.getAnnotatedBounds(), ApiSignatures::text);
    return variable.getName() + (bounds.equals("Object") ? "" : " extends " + bounds);
  }

  /** Writes a type as in a source, without the packages that every Java programmer knows. */
  private static String text(AnnotatedType type) {
    return type.toString()
        .replace("@org.jspecify.annotations.Nullable()", "@Nullable")
        .replaceAll("\\bjava\\.(?:\\w+\\.)+(?=(?:@Nullable )?[A-Z])", "");
  }

  private static <T> String list(T[] items, Function<T, String> text) {
    return Arrays.stream(items).map(text).collect(joining(", "));
  }
}
