// What is asked of a new Lean so that V8 learns what is worth optimising: a bit of everything.
'use strict';

const ROUNDS = 8;
const HEADER = `inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)

def Tree.size : Tree → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

def Tree.mirror : Tree → Tree
  | leaf => leaf
  | node l v r => node r.mirror v l.mirror`;
const MIRROR = 'theorem t (s : Tree) : s.mirror.size = s.size';
const PROOFS = [
  ['theorem t (a b i : Nat) (h : a < b) : a + i < b + i', 'by have g : a < b + 1 := by omega\n   omega'],
  ['theorem t (a b c : Int) (h : a + b = c) : 2 * c - a - b = c', 'by omega'],
  ['theorem t (a b c : Int) : (a + b) * c = c * a + b * c', 'by grind'],
  ['theorem t (xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length', 'by simp [Nat.add_comm]'],
  ['theorem t (a b : Nat) (h : a ∣ b) : a ∣ b * b', 'by exact?'],
  ['theorem t : (List.range 20).foldl (· + ·) 0 = 190', 'by decide'],
  ['theorem t (p q : Prop) (h : p ∧ q) : q ∧ p', 'by obtain ⟨a, b⟩ := h; exact ⟨b, a⟩'],
  ['theorem t (a b : Nat) : a * b = b * a + 1', 'by first | omega | simp | grind | skip'],
];
const HINTS = [
  [MIRROR, 'by induction s with | leaf => simp [Tree.mirror] | node l v r hl hr => simp [Tree.mirror, Tree.size]; omega'],
  [MIRROR, 'by induction s <;> grind [Tree.mirror, Tree.size]'],
];

// The theorem has another name in each round: bodies of one statement share work (Driver/Reuse.lean).
function round(n) {
  const named = (text) => text.replace('theorem t', `theorem t${n}`);
  const judge = ([statement, body], header) => ({ op: 'judge', header, statement: named(statement), body });
  const sketch = 'by\n  induction s with\n  | leaf => sorry\n  | node l v r hl hr => sorry';
  const mirror = named(MIRROR);
  return [
    ...PROOFS.map((proof) => judge(proof, '')),
    ...HINTS.map((proof) => judge(proof, HEADER)),
    { op: 'statement', header: HEADER, statement: mirror },
    { op: 'sketch', header: HEADER, statement: mirror, body: sketch, prefix: 's_' },
    {
      op: 'file', text: `${HEADER}\n\n${mirror} := ${HINTS[0][1]}\n`,
      against: { header: HEADER, statement: mirror },
    },
  ];
}

function requests() {
  const all = Array.from({ length: ROUNDS }, (_, n) => round(n)).flat();
  return all.map((request) => JSON.stringify({ id: '0', lemmas: [], heartbeats: 40000, ...request }));
}

// Replies are of no interest, nor is a trap: it ends the lesson early.
function warm(lean) {
  try {
    for (const request of requests()) lean.ask(Buffer.from(request));
  } catch {
    return;
  }
}

module.exports = { requests, warm };
