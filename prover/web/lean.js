"use strict";
// Lean source with its tokens coloured. A reader's help, not a parser: what it does not know is plain.

const LEAN_KEYWORDS = new Set((
  "theorem lemma def abbrev instance structure inductive class example axiom opaque variable open " +
  "namespace section end import set_option where mutual partial noncomputable private protected " +
  "termination_by decreasing_by deriving fun let in have show from if then else match with do by " +
  "forall exists at using only calc suffices obtain Prop Type Sort"
).split(" "));

const LEAN_TACTICS = new Set((
  "intro intros exact apply refine rfl simp simp_all simpa omega decide grind induction cases rcases " +
  "rintro constructor left right rw rewrite unfold generalize clear subst injection contradiction " +
  "exfalso assumption trivial try first repeat all_goals any_goals next case fun_induction fun_cases " +
  "split specialize exists exacts ext funext congr ac_rfl norm_num linarith nlinarith ring positivity " +
  "conv rhs lhs dsimp change revert native_decide bv_decide by_cases by_contra push_neg use field_simp " +
  "nofun nomatch symm trans done skip fail subst_vars solve_by_elim tauto aesop"
).split(" "));

const LEAN_TOKEN = new RegExp([
  "(?<comment>--[^\\n]*)",
  "(?<string>\"(?:\\\\.|[^\"\\\\])*\")",
  "(?<word>[\\p{L}_«][\\p{L}\\p{N}_'!?₀-₉.»✝]*)",
  "(?<number>\\d+(?:\\.\\d+)?)",
  "(?<symbol>[∀∃λ→←↔⊢∧∨¬≤≥≠≡∣∈∉⊆∪∩×∘⟨⟩▸·|:=]+)",
].join("|"), "gu");

// Where a block comment that begins at `start` ends; they nest.
function commentEnd(text, start) {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const pair = text.slice(at, at + 2);
    if (pair === "/-") { depth++; at++; }
    else if (pair === "-/") { at++; if (--depth === 0) return at + 1; }
  }
  return text.length;
}

// [text, class] for every piece, in order; together they are the whole text.
function leanTokens(text) {
  const pieces = [];
  let at = 0;
  while (at < text.length) {
    const block = text.indexOf("/-", at);
    LEAN_TOKEN.lastIndex = at;
    const found = LEAN_TOKEN.exec(text);
    if (block >= 0 && (!found || block <= found.index)) {
      const end = commentEnd(text, block);
      pieces.push([text.slice(at, block), ""], [text.slice(block, end), "comment"]);
      at = end;
    } else if (found) {
      pieces.push([text.slice(at, found.index), ""], [found[0], leanClass(found)]);
      at = found.index + found[0].length;
    } else {
      pieces.push([text.slice(at), ""]);
      at = text.length;
    }
  }
  return pieces.filter(([piece]) => piece);
}

function leanClass(found) {
  const { comment, string, word, number } = found.groups;
  if (comment) return "comment";
  if (string) return "string";
  if (number) return "number";
  if (!word) return "symbol";
  if (word === "sorry") return "sorry";
  return LEAN_TACTICS.has(word) ? "tactic" : LEAN_KEYWORDS.has(word) ? "keyword" : "";
}

function leanBlock(text) {
  const pre = document.createElement("pre");
  pre.className = "lean";
  pre.tabIndex = 0; // a long line can be scrolled by keyboard
  for (const [piece, look] of leanTokens(text)) {
    if (!look) { pre.append(piece); continue; }
    const span = document.createElement("span");
    span.className = `lean-${look}`;
    span.textContent = piece;
    pre.append(span);
  }
  return pre;
}
