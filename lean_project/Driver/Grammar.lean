module
public meta import Lean
public meta import Driver.Basic
public meta section

/-!
The syntax that proofs may consist of: a positive list over the kinds of core Lean 4.28.

A kind that core Lean declares and the list does not name is refused, so whatever a later Lean adds
is refused until somebody has looked at it. Left out is all that runs code while it elaborates
(`run_tac`, `by_elab`, `include_str`), all that builds or changes syntax (quotations, `macro`,
`elab`), compiled code (`native_decide`, `bv_decide`) and plain tracing. Kinds that come from the
trusted header or from a library beyond core are not in question here.
-/
open Lean

namespace Driver

/-- Namespaces and, separated by spaces, the last components of the kinds allowed in them. -/
def grammarTable : List (Name × String) :=
  [(`Lean.Parser.Term, "anonymousCtor app arrow basicFun binderDefault binderTactic binop binop_lazy binrel \
     binrel_no_prop byTactic byTactic' cdot clear depArrow do doBreak doCatch doCatchMatch \
     doContinue doExpr doFinally doFor doForDecl doHave doIdDecl doIf doIfLet doIfLetBind \
     doIfLetPure doIfProp doLet doLetArrow doLetElse doLetRec doMatch doNested doPatDecl doReassign \
     doReassignArrow doReturn doSeqBracketed doSeqIndent doSeqItem doTry doUnless dotIdent ellipsis \
     explicit explicitBinder explicitUniv falseVal forall fromTerm fun generalizingParam have haveI \
     hole hygienicLParen implicitBinder inaccessible instBinder leftact rightact unop let letConfig \
     letDecl letEqnsDecl letI letId letIdDecl letNegOpt letOptEq letOptGeneralize letOptNondep \
     letOptPostponeValue letOptUsedOnly letOptZeta letOpts letPatDecl letPosOpt letRecDecl \
     letRecDecls let_delayed let_fun let_tmp letrec liftMethod match matchAlt matchAlts \
     matchAltsWhereDecls matchDiscr motive namedArgument namedPattern noImplicitLambda nofun \
     noindex nomatch omission open optEllipsis paren pipeProj proj prop set_option show sorry sort \
     strictImplicitBinder structInst structInstArrayRef structInstField structInstFieldDef \
     structInstFieldEqns structInstFields structInstLVal subst suffices sufficesDecl syntheticHole \
     termFor termReturn termTry termUnless trueVal tuple type typeAscription typeOf typeSpec \
     whereDecls whereFinally whereFinallySubsection ensureExpectedType attrInstance attrKind \
     attributes local scoped"),
   (`Lean.Parser.Termination, "coinductiveFixpoint decreasingBy inductiveFixpoint partialFixpoint suffix terminationBy \
     terminationBy?"),
   (`Lean.Parser.Level, "addLit hole imax max paren"),
   (`Lean.Parser.Tactic, "acNf0 acRfl allGoals anchor anyGoals apply apply? applyAssumption applyRfl applyRules \
     as_aux_lemma assumption bvNormalize bvNormalizeMacro case case' caseArg cases change \
     changeWith classical clear clearValue clearValueArg clearValueHyp clearValueStar configItem \
     congr constructor contradiction cutsat decide delta discharger done dsimp dsimpArgs \
     dsimpAutoUnfold dsimpKind dsimpTrace dsimpTraceArgsRest elimTarget eqRefl exact exact? \
     exposeNames extractLets fail failIfSuccess falseOrByContra first focus funCases funInduction \
     generalize generalizeArg grind grindErase grindLemma grindLemmaMin grindParam grindTrace \
     grobner guardExpr guardExprConv guardHyp guardHypConv guardTarget guardTargetConv induction \
     inductionAlt inductionAltLHS inductionAlts injection injections intro introMatch intros \
     invariantAlts invariantCaseAlt invariantDotAlt invariantsKW left letToHave letrec lia liftLets \
     location locationHyp locationType locationWildcard massumption massumptionMacro match mcases \
     mcasesMacro mcasesPat#_ mcasesPat%_ mcasesPat(_) mcasesPat- mcasesPatAlts mcasesPat_ \
     mcasesPat⌜_⌝ mcasesPat□_ mcasesPat⟨_⟩ mclear mclearMacro mconstructor mconstructorMacro mdup \
     mexact mexactMacro mexfalso mexfalsoMacro mexists mexistsMacro mframe mframeMacro mhave \
     mhaveMacro mintro mintroMacro mintroPat_ mintroPat∀_ mleave mleaveMacro mleft mleftMacro mpure \
     mpureIntro mpureIntroMacro mpureMacro mrefine mrefineMacro mrefinePat#_ mrefinePat%_ \
     mrefinePat(_) mrefinePat?_ mrefinePat_ mrefinePats mrefinePat⌜_⌝ mrefinePat□_ mrefinePat⟨_⟩ \
     mrenameI mrenameIMacro mreplace mreplaceMacro mrevert mrevertMacro mrevertPat_ mrevertPat∀_ \
     mright mrightMacro mspec mspecMacro mspecNoBind mspecNoSimp mspecialize mspecializeMacro \
     mspecializePure mspecializePureMacro mstart mstartMacro mstop mstopMacro mvcgen mvcgenHint \
     mvcgenMacro negConfigItem normCast0 normCastAddElim obtain omega open optConfig paren \
     posConfigItem pushCast rcases rcasesPatLo rcasesPatMed refine refine' rename renameI repeat' \
     repeat1' replace revert rewriteSeq rewrites? rewrites_forbidden right rintro rotateLeft \
     rotateRight rwRule rwRuleSeq rwSeq seq1 set_option show showTerm showTermElab simp simpAll \
     simpAllArith simpAllArithBang simpAllAutoUnfold simpAllKind simpAllTrace simpAllTraceArgsRest \
     simpArgs simpArith simpArithBang simpAutoUnfold simpErase simpLemma simpPost simpPre simpStar \
     simpTrace simpTraceArgsRest simpa simpaArgsRest skip solveByElim specialize split subst \
     substEqs substVars symm symmSaturate tacDepIfThenElse tacIfThenElse tacticAc_nf_ \
     tacticAnd_intros tacticApply_mod_cast_ tacticAssumption_mod_cast_ tacticBv_omega \
     tacticDsimp?!_ tacticErw___ tacticExact_mod_cast_ tacticExfalso tacticExists_,, tacticHave' \
     tacticHaveI__ tacticHave__ tacticInfer_instance tacticIterate____ tacticLet'__ tacticLetI__ \
     tacticLet__ tacticMvcgen_trivial tacticMvcgen_trivial_extensible tacticNext_=>_ tacticNofun \
     tacticNomatch_,, tacticNorm_cast__ tacticRefine_lift'_ tacticRefine_lift_ tacticRepeat_ \
     tacticRfl tacticRfl' tacticRw_mod_cast___ tacticRwa__ tacticSeq tacticSeq1Indented \
     tacticSeqBracketed tacticSimp?!_ tacticSimp_all?!_ tacticSimpa!_ tacticSimpa?!_ tacticSimpa?_ \
     tacticSorry tacticSuffices_ tacticTrivial tacticTry_ tacticUnhygienic_ tactic_<;>_ traceMessage traceState \
     unfold valConfigItem vcAlt vcAlts withReducible withReducibleAndInstances withUnfoldingAll"),
   (`Lean.Parser.Tactic.Conv, "allGoals anyGoals arg argArg case case' change clear congr conv convApply_ convArgs \
     convConvSeq convDone convErw__ convIntro___ convLeft convNext__=>_ convRepeat_ convRfl \
     convRight convRw__ convSeq convSeq1Indented convSeqBracketed convTactic convTrace_state \
     convTry_ conv_<;>_ conv·._ delta dsimp dsimpTrace enter enterArg enterPattern ext extractLets \
     failIfSuccess first focus fun letToHave lhs liftLets nestedConv nestedTactic nestedTacticCore \
     normCast occs occsIndexed occsWildcard paren pattern reduce rewrite rhs simp simpMatch \
     simpTrace skip unfold whnf zeta"),
   (`Lean.Parser.Tactic.Grind, "ac allGoals anyGoals cases casesNext casesTrace done exposeNames fail failIfSuccess finish \
     finishTrace first focus grindFilter grindRepeat_ grindSeq grindSeq1Indented grindSeqBracketed \
     grindStep grindTry_ grind_<;>_ grind_filter!_ grind_filter(_) grind_filterGen!=_ \
     grind_filterGen<=_ grind_filterGen<_ grind_filterGen=_ grind_filterGen>=_ grind_filterGen>_ \
     grind_filterGen≤_ grind_filterGen≥_ grind_filter_ grind_filter_&&_ grind_filter_||_ grind_ref_ \
     grind_ref__1 grind·._ have haveSilent instantiate lia linarith mbtc nestedTacticCore next \
     paren renameI ring setConfig setOption showAsserted showCases showEqcs showFalse showLocalThms \
     showState showTerm showTrue skip thm thmNs use"),
   (`Lean.Parser.Tactic.SolveByElim, "arg args erase star using_"),
   (`Lean.Parser.Tactic.rcasesPat, "clear explicit ignore one paren tuple"),
   (`Lean.Parser.Tactic.rintroPat, "binder one"),
   (`Lean, "binderIdent binderPred<_ binderPred>_ binderPred∈_ binderPred∉_ binderPred≠_ binderPred≤_ \
     binderPred≥_ binderPred⊂_ binderPred⊃_ binderPred⊆_ binderPred⊇_ bracketedExplicitBinders calc \
     calcFirstStep calcStep calcSteps calcTactic cdot cdotTk convCalc_ doElemRepeat_ \
     doElemRepeat__Until_ doElemWhile_:_Do_ doElemWhile_Do_ explicitBinders modCast solveTactic \
     term_Matches_| term∀__,_ term∃__,_ unbracketedExplicitBinders deprecated suggest_for"),
   (`Lean.Elab.Tactic.Ext, "applyExtTheorem ext tacticExt1___"),
   (`Lean.Order, "monotonicity term_⊑_ term⊥"),
   (`Std.Do, "termPost⟨_,,⟩ termSpred(_) termTerm(_) termWp⟦_:_⟧ term_→ₑ_ term_→ₚ_ term_⇓?_=>_ term_⇓_=>_ \
     term_∧ₑ_ term_∧ₚ_ term_⊢ₑ_ term_⊢ₚ_ term_⊢ₛ_ term_⊣⊢ₛ_ term⊢ₛ_ term⌜_⌝ triple"),
   (`Array, "tacticArray_get_dec tacticArray_mem_dec term__[:_] term__[_:] term__[_:_] term_~_"),
   (`BitVec, "term__#'__ term__#__"),
   (`Bool, "term_^^_"),
   (`Int, "term-[_+1]"),
   (`Rat, "term_/._"),
   (`List, "tacticSizeOf_list_dec term_<+:_ term_<+_ term_<:+:_ term_<:+_ term_~_"),
   (`Vector, "term#v[_,] term_~_"),
   (`Std.Legacy.Range, "term[:_:_] term[:_] term[_:_:_] term[_:_]"),
   (`Std.HashMap, "term_~m_"),
   (`Std.HashSet, "term_~m_"),
   (`Std.TreeMap, "term_~m_"),
   (`Std.TreeSet, "term_~m_"),
   (`Std.DHashMap, "term_~m_"),
   (`Std.DTreeMap, "term_~m_"),
   (`Std, "term*...* term*...<_ term*...=_ term*..._ term_...* term_...<_ term_...=_ term_..._ term_<...* \
     term_<...<_ term_<...=_ term_<..._"),
   (Name.anonymous, "boolIfThenElse coeFunNotation coeNotation coeSortNotation char choice fieldIdx group hygieneInfo ident interpolatedStrKind \
     interpolatedStrLitKind name null num patternIgnore prec(_) precArg precLead precMax precMin \
     precMin1 prio(_) prioDefault prioHigh prioLow prioMid rawNatLit scientific str \
     tacticBy_cases_:_ tacticClean_wf tacticDecreasing_tactic tacticDecreasing_trivial \
     tacticDecreasing_trivial_pre_omega tacticDecreasing_with_ tacticFunext___ \
     tacticGet_elem_tactic tacticGet_elem_tactic_extensible tacticGet_elem_tactic_trivial \
     tacticSimp_wf tactic∎ term!_ term#[_,] term%[_|_] term-_ termDepIfThenElse termExists_,_ \
     termIfLet termIfThenElse termMax_prec termS!_ termWithout_expected_type_ term[_] term_!=_ \
     term_$__ term_%_ term_&&&_ term_&&_ term_*>_ term_*_ term_++_ term_+_ term_-_ term_/\\_ term_/_ \
     term_::_ term_<$>_ term_<&&>_ term_<&>_ term_<*>_ term_<*_ term_<->_ term_<<<_ term_<=<_ \
     term_<=_ term_<_ term_<|>_ term_<|_ term_<||>_ term_=<<_ term_==_ term_=_ term_>=>_ term_>=_ \
     term_>>=_ term_>>>_ term_>>_ term_>_ term_\\/_ term_\\_ term_^^^_ term_^_ term__[_] term__[_]'_ \
     term__[_]_! term__[_]_? term_|>_ term_||_ term_|||_ term_×'_ term_×'__1 term_×_ term_×__1 \
     term_•_ term_⁻¹ term_↔_ term_∈_ term_∉_ term_∘_ term_∣_ term_∧_ term_∨_ term_∩_ term_∪_ \
     term_≈_ term_≍_ term_≠_ term_≤_ term_≥_ term_⊂_ term_⊃_ term_⊆_ term_⊇_ term_⊕'_ term_⊕_ \
     term{_:_//_} term{_} term{} term~~~_ term¬_ termΣ'_,_ termΣ_,_ term‹_› term∃_,_ term∅ term∎"),
   (`Lean.Parser.Command, "declaration theorem definition abbrev instance example inductive structure classInductive \
     structureTk classTk ctor declId declSig optDeclSig declValSimple declValEqns whereStructInst \
     docComment declModifiers private protected public noncomputable partial nonrec optDeriving \
     deriving derivingClass extends structCtor structExplicitBinder structFields \
     structImplicitBinder structInstBinder structParent structSimpleBinder universe variable open \
     openHiding openOnly openRenaming openRenamingItem openScoped openSimple namespace section \
     sectionHeader end mutual in set_option notation mixfix infix infixl infixr prefix postfix \
     identPrec namedName namedPrio include omit export moduleDoc check print printAxioms"),
   (`Lean.Parser.Attr, "simple simp ext extIff extFlat instance default_instance normCastLabel norm_cast recursor \
     specialize class spec grind grind! grindBwd grindCases grindCasesEager grindDef grindEq \
     grindEqBoth grindEqBwd grindEqRhs grindExt grindFunCC grindFwd grindGen grindInj grindIntro \
     grindLR grindMod grindNorm grindRL grindSym grindUnfold grindUsr"),
   (`Lean.Parser, "precedence")]

partial def insertWords (ns : Name) (words : List String) (acc : NameSet) : NameSet :=
  match words with
  | [] => acc
  | w :: ws => if w == "" then insertWords ns ws acc else insertWords ns ws (acc.insert (.str ns w))

partial def insertTable (table : List (Name × String)) (acc : NameSet) : NameSet :=
  match table with
  | [] => acc
  | (ns, words) :: rest => insertTable rest (insertWords ns (words.splitOn " ") acc)

/-- Which syntax is allowed. -/
structure Grammar where
  kinds : NameSet
  /-- What every header starts from. -/
  env : Environment
  /-- What has been declared since, by the trusted header or by notations that passed the gate. -/
  now : Environment
  /--
  A tactic's configuration may hold values. Where a file has declared something of its own, an
  instance of `OfNat Nat 7` or a constant `true` may have given them another meaning, and they are
  evaluated.
  -/
  values : Bool := true

def newGrammar (env : Environment) : Grammar := { kinds := insertTable grammarTable {}, env, now := env }

def isCoreModule (env : Environment) (i : Nat) : Bool :=
  match env.header.moduleNames[i]? with
  | some m => memName m.getRoot [`Init, `Lean, `Std, `Driver]
  | none => true

/-- A node that holds one token and says which spelling of it was used. -/
def isTokenKind : Name → Bool
  | .str (.str .anonymous root) _ => root == "token"
  | _ => false

def Grammar.allows (g : Grammar) (kind : Name) : Bool :=
  g.kinds.contains kind || isTokenKind kind || match g.env.getModuleIdxFor? kind with
    | some i => !isCoreModule g.env i
    -- A notation is a constant; antiquotations (`$x`) are nowhere, and splice syntax in.
    | none => g.now.contains kind && !g.env.contains kind

end Driver
end
