import { translated } from "../../../constructs/grafana/annotation";

const value = "{{ $value := 0.0 }}{{ with $values.B }}{{ $value = .Value }}{{ end }}";

function text(description: string, firesUnanswered = false): string {
  return translated("Sample", description, firesUnanswered).text;
}

describe("a description in Grafana's template language", () => {
  it("is the same where it has labels only", () => {
    const description =
      "{{ $labels.instance }}{{ with $labels.chain }} of {{ . }}{{ end }} is late.";
    expect(translated("Sample", description, false)).toEqual({ text: description, queries: {} });
  });

  it("has the alert's value where Prometheus has it", () => {
    const description = '{{ $value | printf "%.1f" }} s, {{ $value }}.';
    expect(text(description)).toBe(`${value}${description}`);
    expect(text("{{ $values }} stands for all of them")).not.toContain("$value :=");
  });

  it("asks by a node of the rule what Prometheus asks in the description", () => {
    const asks =
      '{{ with query "x{chain=\\"a\\"}" }}{{ . | first | value | printf "%.1f" }} hours{{ else }}nobody knows{{ end }}';
    expect(translated("Sample", `It lasts ${asks}; ${asks}.`, false)).toEqual({
      queries: { Q1: 'x{chain="a"}', Q2: 'x{chain="a"}' },
      text: ["Q1", "Q2"]
        .map(
          (node) =>
            `{{ with $values.${node} }}{{ if eq .Value .Value }}{{ .Value | printf "%.1f" }} hours{{ else }}nobody knows{{ end }}{{ else }}nobody knows{{ end }}`,
        )
        .join("; ")
        .replace(/^/, "It lasts ")
        .concat("."),
    });
  });

  it("says what is true when the alert's own question fails", () => {
    expect(text("{{ $labels.job }} is down.", true)).toBe(
      "{{ if $values.B }}{{ $labels.job }} is down.{{ else }}It gives Grafana no answer, so that most alerts cannot be evaluated.{{ end }}",
    );
  });

  it.each([
    ['{{ with query "x" }}{{ . | first | value }}{{ end }}', "ask as"],
    ['{{ range query "x" }}{{ .Value }}{{ else }}none{{ end }}', "ask as"],
    ['{{ query "x" | first | value }}', "ask as"],
    [
      '{{ with query "x" }}{{ if true }}{{ . | first | value }}{{ end }}{{ else }}none{{ end }}',
      "ask as",
    ],
    ["costs ${HOME}", "not hold '${'"],
  ])("fails when it says %s", (description, message) => {
    expect(() => text(description)).toThrow(`the description of Sample must ${message}`);
  });
});
