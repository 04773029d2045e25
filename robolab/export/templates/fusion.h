${head}
${states}
${memory}
${squares}
typedef struct {
${ring}${filter}    LoadSquares squares;
    LoadMemory network;
    LoadEstimate joined, before; /* the latter before this motion */
} LoadEstimator;

${tail}
