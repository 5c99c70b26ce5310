# docker build -t prover . && docker run --rm -it -v "$PWD/runs:/home/prover/app/runs" prover run configs/demo.yaml
FROM python:3.12-slim
RUN useradd --create-home prover
USER prover
WORKDIR /home/prover/app
ENV PATH=/home/prover/.local/bin:$PATH
COPY --chown=prover . .
RUN pip install --no-cache-dir --user -e . && prover setup \
    && rm -rf "$HOME/.cache/subgoal-prover/downloads"
ENTRYPOINT ["prover"]
CMD ["--help"]
