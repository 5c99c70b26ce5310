# Two images. The last one, `mathlib`, is what `docker build .` makes: a native Lean with Mathlib and
# a campaign against a vLLM server (docs/native.md). The other has the embedded Lean alone:
#   docker build --target embedded -t prover . && docker run --rm -it -v "$PWD/runs:/home/prover/app/runs" prover run configs/demo.yaml

FROM python:3.12-slim AS embedded
RUN useradd --create-home prover
USER prover
WORKDIR /home/prover/app
ENV PATH=/home/prover/.local/bin:$PATH
COPY --chown=prover . .
RUN pip install --no-cache-dir --user -e . && prover setup \
    && rm -rf "$HOME/.cache/subgoal-prover/downloads"
ENTRYPOINT ["prover"]
CMD ["--help"]

FROM python:3.12-slim AS mathlib
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates curl git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home prover
USER prover
WORKDIR /home/prover/app
ENV PATH=/home/prover/.elan/bin:/home/prover/.local/bin:$PATH
RUN curl -sSf https://elan.lean-lang.org/elan-init.sh | sh -s -- -y --default-toolchain none
# Gigabytes that change with the pins only, so they come before the code.
COPY --chown=prover lean_project lean_project
RUN cd lean_project && elan toolchain install "$(cat lean-toolchain)" \
    && lake exe cache get && rm -rf "$HOME/.cache/mathlib"
COPY --chown=prover . .
RUN pip install --no-cache-dir --user -e '.[models]' && prover setup --native --project lean_project
# A vLLM server serves one model: without PROVER_LARGE_URL nothing but the first is asked.
ENV PROVER_URL=http://localhost:8000/v1
ENTRYPOINT ["sh", "-c", "if [ $# -gt 0 ]; then exec prover \"$@\"; fi; if [ -n \"$PROVER_LARGE_URL\" ]; then large=models.large.urls=[$PROVER_LARGE_URL]; else large=decomposer=structural; fi; exec prover run configs/mathlib-vllm.yaml --set models.small.urls=[$PROVER_URL] --set \"$large\"", "prover"]
