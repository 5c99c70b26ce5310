def Surjective {α β : Type} (f : α → β) : Prop := ∀ y, ∃ x, f x = y

/-- A composition of surjective functions is surjective. -/
theorem surjective_composition {α β γ : Type} (f : α → β) (g : β → γ) (hf : Surjective f)
    (hg : Surjective g) : Surjective (fun x => g (f x)) := by
  intro z
  obtain ⟨y, rfl⟩ := hg z
  obtain ⟨x, rfl⟩ := hf y
  exact ⟨x, rfl⟩
